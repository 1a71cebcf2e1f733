/* Structures are packed to 1 byte from here to poppack.h. */
#pragma pack(push, 1)
