/* How a file may be shared while it is open: nobody is kept from it. */
#ifndef WSP_SHARE_H
#define WSP_SHARE_H

#define _SH_COMPAT 0x00
#define _SH_DENYRW 0x10
#define _SH_DENYWR 0x20
#define _SH_DENYRD 0x30
#define _SH_DENYNO 0x40

#endif
