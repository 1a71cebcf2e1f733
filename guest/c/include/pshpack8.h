/* Structures are packed to 8 bytes from here to poppack.h. */
#pragma pack(push, 8)
