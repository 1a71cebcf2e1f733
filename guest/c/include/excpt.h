/* Structured exceptions: nothing raises one. */
#ifndef WSP_EXCPT_H
#define WSP_EXCPT_H

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#endif
