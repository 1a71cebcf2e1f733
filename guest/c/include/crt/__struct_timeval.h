/* A time of Winsock: there is no other one for sources of Windows. */
#ifndef __wasilibc___struct_timeval_h
#define __wasilibc___struct_timeval_h

struct timeval {
    long tv_sec;
    long tv_usec;
};

#endif
