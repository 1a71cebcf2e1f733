/* Windows has no iovec, and sources define one of their own. */
#ifndef __wasilibc___struct_iovec_h
#define __wasilibc___struct_iovec_h
struct iovec;
#endif
