/* Services: getservbyname and getservbyport. */
#include "shim.h"

#include <strings.h>

#define TCP 1
#define UDP 2
#define BOTH (TCP | UDP)

/* The well-known ones, which the services file of every Windows lists. */
static const struct service {
    uint16_t port;
    uint8_t protocols;
    const char *name;
    const char *aliases[3];
} known[] = {
    {7, BOTH, "echo", {NULL}},
    {9, BOTH, "discard", {"sink", "null"}},
    {11, BOTH, "systat", {"users"}},
    {13, BOTH, "daytime", {NULL}},
    {17, BOTH, "qotd", {"quote"}},
    {19, BOTH, "chargen", {"ttytst", "source"}},
    {20, TCP, "ftp-data", {NULL}},
    {21, TCP, "ftp", {NULL}},
    {22, TCP, "ssh", {NULL}},
    {23, TCP, "telnet", {NULL}},
    {25, TCP, "smtp", {"mail"}},
    {37, BOTH, "time", {"timserver"}},
    {39, UDP, "rlp", {"resource"}},
    {42, BOTH, "nameserver", {"name"}},
    {43, TCP, "nicname", {"whois"}},
    {53, BOTH, "domain", {NULL}},
    {67, UDP, "bootps", {"dhcps"}},
    {68, UDP, "bootpc", {"dhcpc"}},
    {69, UDP, "tftp", {NULL}},
    {70, TCP, "gopher", {NULL}},
    {79, TCP, "finger", {NULL}},
    {80, TCP, "http", {"www", "www-http"}},
    {81, BOTH, "hosts2-ns", {NULL}},
    {88, BOTH, "kerberos", {"krb5", "kerberos-sec"}},
    {101, TCP, "hostname", {"hostnames"}},
    {102, TCP, "iso-tsap", {NULL}},
    {107, TCP, "rtelnet", {NULL}},
    {109, TCP, "pop2", {"postoffice"}},
    {110, TCP, "pop3", {NULL}},
    {111, BOTH, "sunrpc", {"rpcbind", "portmap"}},
    {113, TCP, "auth", {"ident", "tap"}},
    {117, TCP, "uucp-path", {NULL}},
    {118, TCP, "sqlserv", {NULL}},
    {119, TCP, "nntp", {"usenet"}},
    {123, UDP, "ntp", {NULL}},
    {135, BOTH, "epmap", {"loc-srv"}},
    {137, BOTH, "netbios-ns", {"nbname"}},
    {138, UDP, "netbios-dgm", {"nbdatagram"}},
    {139, TCP, "netbios-ssn", {"nbsession"}},
    {143, TCP, "imap", {"imap4"}},
    {150, TCP, "sql-net", {NULL}},
    {158, TCP, "pcmail-srv", {NULL}},
    {161, UDP, "snmp", {NULL}},
    {162, UDP, "snmptrap", {"snmp-trap"}},
    {170, TCP, "print-srv", {NULL}},
    {179, TCP, "bgp", {NULL}},
    {194, TCP, "irc", {NULL}},
    {213, UDP, "ipx", {NULL}},
    {389, TCP, "ldap", {NULL}},
    {443, BOTH, "https", {"MCom"}},
    {445, BOTH, "microsoft-ds", {NULL}},
    {464, BOTH, "kpasswd", {NULL}},
    {500, UDP, "isakmp", {"ike"}},
    {512, TCP, "exec", {NULL}},
    {512, UDP, "biff", {"comsat"}},
    {513, TCP, "login", {NULL}},
    {513, UDP, "who", {"whod"}},
    {514, TCP, "cmd", {"shell"}},
    {514, UDP, "syslog", {NULL}},
    {515, TCP, "printer", {"spooler"}},
    {517, UDP, "talk", {NULL}},
    {518, UDP, "ntalk", {NULL}},
    {520, TCP, "efs", {NULL}},
    {520, UDP, "router", {"route", "routed"}},
    {525, UDP, "timed", {"timeserver"}},
    {526, TCP, "tempo", {"newdate"}},
    {530, TCP, "courier", {"rpc"}},
    {531, TCP, "conference", {"chat"}},
    {532, TCP, "netnews", {"readnews"}},
    {533, UDP, "netwall", {NULL}},
    {540, TCP, "uucp", {"uucpd"}},
    {543, TCP, "klogin", {NULL}},
    {544, TCP, "kshell", {"krcmd"}},
    {546, BOTH, "dhcpv6-client", {NULL}},
    {547, BOTH, "dhcpv6-server", {NULL}},
    {548, BOTH, "afpovertcp", {NULL}},
    {550, UDP, "new-rwho", {"new-who"}},
    {554, BOTH, "rtsp", {NULL}},
    {556, TCP, "remotefs", {"rfs", "rfs_server"}},
    {560, UDP, "rmonitor", {"rmonitord"}},
    {561, UDP, "monitor", {NULL}},
    {563, BOTH, "nntps", {"snntp"}},
    {565, BOTH, "whoami", {NULL}},
    {568, BOTH, "ms-shuttle", {NULL}},
    {569, BOTH, "ms-rome", {NULL}},
    {593, BOTH, "http-rpc-epmap", {NULL}},
    {612, BOTH, "hmmp-ind", {NULL}},
    {613, BOTH, "hmmp-op", {NULL}},
    {636, TCP, "ldaps", {"sldap"}},
    {666, BOTH, "doom", {NULL}},
    {691, BOTH, "msexch-routing", {NULL}},
    {749, BOTH, "kerberos-adm", {NULL}},
    {750, UDP, "kerberos-iv", {NULL}},
    {800, BOTH, "mdbs_daemon", {NULL}},
    {989, TCP, "ftps-data", {NULL}},
    {990, TCP, "ftps", {NULL}},
    {992, TCP, "telnets", {NULL}},
    {993, TCP, "imaps", {NULL}},
    {994, TCP, "ircs", {NULL}},
    {995, BOTH, "pop3s", {"spop3"}},
    {1034, TCP, "activesync", {NULL}},
    {1109, TCP, "kpop", {NULL}},
    {1110, TCP, "nfsd-status", {NULL}},
    {1110, UDP, "nfsd-keepalive", {NULL}},
    {1155, BOTH, "nfa", {NULL}},
    {1167, UDP, "phone", {NULL}},
    {1270, BOTH, "opsmgr", {NULL}},
    {1433, BOTH, "ms-sql-s", {NULL}},
    {1434, BOTH, "ms-sql-m", {NULL}},
    {1477, BOTH, "ms-sna-server", {NULL}},
    {1478, BOTH, "ms-sna-base", {NULL}},
    {1512, BOTH, "wins", {NULL}},
    {1524, TCP, "ingreslock", {"ingres"}},
    {1607, BOTH, "stt", {NULL}},
    {1701, UDP, "l2tp", {NULL}},
    {1711, BOTH, "pptconference", {NULL}},
    {1723, TCP, "pptp", {NULL}},
    {1731, BOTH, "msiccp", {NULL}},
    {1745, BOTH, "remote-winsock", {NULL}},
    {1755, BOTH, "ms-streaming", {NULL}},
    {1801, BOTH, "msmq", {NULL}},
    {1812, UDP, "radius", {NULL}},
    {1813, UDP, "radacct", {NULL}},
    {1863, BOTH, "msnp", {NULL}},
    {1900, BOTH, "ssdp", {NULL}},
    {1944, BOTH, "close-combat", {NULL}},
    {2049, UDP, "nfsd", {"nfs"}},
    {2053, TCP, "knetd", {NULL}},
    {2106, BOTH, "mzap", {NULL}},
    {2177, BOTH, "qwave", {NULL}},
    {2234, BOTH, "directplay", {NULL}},
    {2382, BOTH, "ms-olap3", {NULL}},
    {2383, BOTH, "ms-olap4", {NULL}},
    {2393, BOTH, "ms-olap1", {NULL}},
    {2394, BOTH, "ms-olap2", {NULL}},
    {2460, BOTH, "ms-theater", {NULL}},
    {2504, BOTH, "wlbs", {NULL}},
    {2525, BOTH, "ms-v-worlds", {NULL}},
    {2701, BOTH, "sms-rcinfo", {NULL}},
    {2702, BOTH, "sms-xfer", {NULL}},
    {2703, BOTH, "sms-chat", {NULL}},
    {2704, BOTH, "sms-remctrl", {NULL}},
    {2725, BOTH, "msolap-ptp2", {NULL}},
    {2869, BOTH, "icslap", {NULL}},
    {3020, BOTH, "cifs", {NULL}},
    {3074, BOTH, "xbox", {NULL}},
    {3126, BOTH, "ms-dotnetster", {NULL}},
    {3132, BOTH, "ms-rule-engine", {NULL}},
    {3268, BOTH, "msft-gc", {NULL}},
    {3269, BOTH, "msft-gc-ssl", {NULL}},
    {3343, BOTH, "ms-cluster-net", {NULL}},
    {3389, BOTH, "ms-wbt-server", {NULL}},
    {3535, BOTH, "ms-la", {NULL}},
    {3540, BOTH, "pnrp-port", {NULL}},
    {3544, BOTH, "teredo", {NULL}},
    {3587, BOTH, "p2pgroup", {NULL}},
    {3702, BOTH, "ws-discovery", {NULL}},
    {3776, BOTH, "dvcprov-port", {NULL}},
    {3847, TCP, "msfw-control", {NULL}},
    {3882, TCP, "msdts1", {NULL}},
    {3935, BOTH, "sdp-portmapper", {NULL}},
    {4350, BOTH, "net-device", {NULL}},
    {4500, BOTH, "ipsec-msft", {NULL}},
    {5355, BOTH, "llmnr", {NULL}},
    {5357, TCP, "wsd", {NULL}},
    {5678, BOTH, "rrac", {NULL}},
    {5679, BOTH, "dccm", {NULL}},
    {5720, BOTH, "ms-licensing", {NULL}},
    {6073, BOTH, "directplay8", {NULL}},
    {7680, BOTH, "ms-do", {NULL}},
    {9535, TCP, "man", {NULL}},
    {9753, BOTH, "rasadv", {NULL}},
    {11320, BOTH, "imip-channels", {NULL}},
    {47624, BOTH, "directplaysrvr", {NULL}},
};
#define KNOWN (sizeof known / sizeof *known)

/* The protocols that a name stands for: any without a name, none for another. */
static int protocols_of(const char *name) {
    return name == NULL                    ? BOTH
           : strcasecmp(name, "tcp") == 0 ? TCP
           : strcasecmp(name, "udp") == 0 ? UDP
                                          : 0;
}

static BOOL is_called(const struct service *service, const char *name) {
    const char *const *alias;
    if (strcasecmp(service->name, name) == 0)
        return TRUE;
    for (alias = service->aliases; *alias != NULL; alias++)
        if (strcasecmp(*alias, name) == 0)
            return TRUE;
    return FALSE;
}

static const struct service *find_name(const char *name, int protocols) {
    size_t position;
    for (position = 0; position < KNOWN; position++)
        if ((known[position].protocols & protocols) != 0 && is_called(&known[position], name))
            return &known[position];
    return NULL;
}

static const struct service *service_at_port(u_short port, int protocols) {
    size_t position;
    for (position = 0; position < KNOWN; position++)
        if ((known[position].protocols & protocols) != 0 && known[position].port == ntohs(port))
            return &known[position];
    return NULL;
}

u_short port_of(const char *service, const char *protocol) {
    const struct service *found = find_name(service, protocols_of(protocol));
    return found == NULL ? 0 : htons(found->port);
}

const char *service_at(u_short port, const char *protocol) {
    const struct service *found = service_at_port(port, protocols_of(protocol));
    return found == NULL ? NULL : found->name;
}

/* What both return, until one is called again; NULL with the code as the last error. */
static struct servent *answer(const struct service *found, int protocols, int code) {
    static char name[16], protocol[4], texts[2][16], *aliases[3];
    static struct servent entry = {name, aliases, 0, protocol};
    size_t alias;
    if (code == 0 && found == NULL)
        code = WSANO_DATA;
    keep_code(code);
    if (code != 0)
        return NULL;
    strcpy(name, found->name);
    for (alias = 0; found->aliases[alias] != NULL; alias++)
        aliases[alias] = strcpy(texts[alias], found->aliases[alias]);
    aliases[alias] = NULL;
    strcpy(protocol, found->protocols & protocols & TCP ? "tcp" : "udp");
    entry.s_port = (short)htons(found->port);
    return &entry;
}

static int check(const char *protocol) {
    if (!started())
        return WSANOTINITIALISED;
    return protocol == NULL || text_in_memory(protocol) ? 0 : WSAEFAULT;
}

struct servent *getservbyname(const char *name, const char *proto) {
    int code = check(proto), protocols = code == 0 ? protocols_of(proto) : 0;
    if (code == 0 && !text_in_memory(name))
        code = WSAEFAULT;
    return answer(code == 0 ? find_name(name, protocols) : NULL, protocols, code);
}

struct servent *getservbyport(int port, const char *proto) {
    int code = check(proto), protocols = code == 0 ? protocols_of(proto) : 0;
    return answer(code == 0 ? service_at_port((u_short)port, protocols) : NULL, protocols, code);
}
