/* Structures are packed to 4 bytes from here to poppack.h. */
#pragma pack(push, 4)
