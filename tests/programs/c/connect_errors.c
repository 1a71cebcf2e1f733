/* connect in the states in which it cannot. */
#include "transcript.h"

int main(void)
{
    SOCKET stream, listener, nobody, fresh;
    struct sockaddr_in address, refusing;

    start_winsock();
    listener = listening_socket();
    address = local_address(listener);
    nobody = bound_socket(SOCK_STREAM);
    refusing = local_address(nobody);
    closesocket(nobody);

    stream = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(stream, (struct sockaddr *)&refusing, sizeof refusing));
    note("after a refusal, another attempt");
    CALL(connect(stream, (struct sockaddr *)&address, sizeof address));
    note("connected already");
    CALL(connect(stream, (struct sockaddr *)&address, sizeof address));
    note("listening");
    CALL(connect(listener, (struct sockaddr *)&address, sizeof address));
    note("arguments");
    fresh = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(fresh, (struct sockaddr *)&address, 4));
    address.sin_family = 99;
    CALL(connect(fresh, (struct sockaddr *)&address, sizeof address));
    address = loopback(0);
    CALL(connect(fresh, (struct sockaddr *)&address, sizeof address));
    return done();
}
