/* <ctype.h> with what Microsoft's has besides. */
#ifndef WSP_CTYPE_H
#define WSP_CTYPE_H

#include_next <ctype.h>

#define isascii(character) ((unsigned)(character) < 0x80)
#define __isascii(character) ((unsigned)(character) < 0x80)
#define toascii(character) ((character) & 0x7f)
#define __toascii(character) ((character) & 0x7f)
#define _tolower(character) ((character) - 'A' + 'a')
#define _toupper(character) ((character) - 'a' + 'A')
#define __iscsymf(character) (isalpha(character) || (character) == '_')
#define __iscsym(character) (isalnum(character) || (character) == '_')

#endif
