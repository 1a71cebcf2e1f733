/* Atomic operations. */
#ifndef WSP_INTERLOCKED_H
#define WSP_INTERLOCKED_H

#include <windef.h>

#define WSP_INLINE static __inline__ __attribute__((__unused__))
#define WSP_INTERLOCKED(type, suffix)                                                            \
    WSP_INLINE type InterlockedIncrement##suffix(type volatile *target) {                        \
        return __atomic_add_fetch(target, 1, __ATOMIC_SEQ_CST);                                  \
    }                                                                                            \
    WSP_INLINE type InterlockedDecrement##suffix(type volatile *target) {                        \
        return __atomic_sub_fetch(target, 1, __ATOMIC_SEQ_CST);                                  \
    }                                                                                            \
    WSP_INLINE type InterlockedExchange##suffix(type volatile *target, type value) {             \
        return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);                             \
    }                                                                                            \
    WSP_INLINE type InterlockedExchangeAdd##suffix(type volatile *target, type value) {          \
        return __atomic_fetch_add(target, value, __ATOMIC_SEQ_CST);                              \
    }                                                                                            \
    WSP_INLINE type InterlockedCompareExchange##suffix(type volatile *target, type value,        \
                                                       type comparand) {                         \
        __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST,              \
                                    __ATOMIC_SEQ_CST);                                           \
        return comparand;                                                                        \
    }                                                                                            \
    WSP_INLINE type InterlockedAnd##suffix(type volatile *target, type value) {                  \
        return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);                              \
    }                                                                                            \
    WSP_INLINE type InterlockedOr##suffix(type volatile *target, type value) {                   \
        return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);                               \
    }                                                                                            \
    WSP_INLINE type InterlockedXor##suffix(type volatile *target, type value) {                  \
        return __atomic_fetch_xor(target, value, __ATOMIC_SEQ_CST);                              \
    }

#ifdef __cplusplus
extern "C" {
#endif

WSP_INTERLOCKED(LONG, )
WSP_INTERLOCKED(LONG64, 64)
WSP_INTERLOCKED(SHORT, 16)

WSP_INLINE LONG InterlockedAdd(LONG volatile *target, LONG value) {
    return __atomic_add_fetch(target, value, __ATOMIC_SEQ_CST);
}
WSP_INLINE LONG64 InterlockedAdd64(LONG64 volatile *target, LONG64 value) {
    return __atomic_add_fetch(target, value, __ATOMIC_SEQ_CST);
}
WSP_INLINE PVOID InterlockedExchangePointer(PVOID volatile *target, PVOID value) {
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
WSP_INLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *target, PVOID value,
                                                   PVOID comparand) {
    __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}

#ifdef __cplusplus
}
#endif

#undef WSP_INTERLOCKED

#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedAnd InterlockedAnd
#define _InterlockedOr InterlockedOr
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedDecrementRelease InterlockedDecrement
#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
/* Who waits so for another thread, lets it run. */
#define YieldProcessor() ((void)SwitchToThread())

#endif
