/* What completion ports are told, and in which order. */
#include "shim.h"

void put_packet(struct open_port *port, struct packet *packet) {
    packet->next = NULL;
    if (port->last == NULL)
        port->first = packet;
    else
        port->last->next = packet;
    port->last = packet;
    packet_put(port);
}

BOOL post_packet(const struct open_socket *socket, struct packet *packet) {
    /* With its lowest bit set, an event says that no packet is wanted. */
    if (socket->completions.port == NULL || (ULONG_PTR)packet->overlapped->hEvent & 1)
        return FALSE;
    packet->key = socket->completions.key;
    put_packet(socket->completions.port, packet);
    return TRUE;
}
