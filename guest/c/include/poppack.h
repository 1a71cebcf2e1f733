/* The end of what pshpack1.h and its companions began. */
#pragma pack(pop)
