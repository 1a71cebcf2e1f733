/* Structures are packed to 2 bytes from here to poppack.h. */
#pragma pack(push, 2)
