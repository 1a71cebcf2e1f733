/* Names are looked up by the host beside the program, whose other threads run meanwhile. */
#include "../shim.h"

bool resolve_name(spi_program_string_t *name, winsock_spi_resolver_list_ip_address_t *answer,
                  winsock_spi_resolver_resolve_error_t *error) {
    struct wait wait = new_wait(FOR_NAME, "a look-up of a name", NO_DEADLINE);
    winsock_spi_resolver_result_list_ip_address_resolve_error_t told;
    if (all_threads->next_of_all == NULL ||
        !winsock_spi_resolver_static_lookup_start(name, &wait.lookup))
        return winsock_spi_resolver_resolve_name(name, answer, error);
    while (!winsock_spi_resolver_method_lookup_take(
        winsock_spi_resolver_borrow_lookup(wait.lookup), &told)) {
        if (suspend(&wait) != CANNOT_WAIT)
            continue;
        winsock_spi_resolver_lookup_drop_own(wait.lookup);
        return winsock_spi_resolver_resolve_name(name, answer, error);
    }
    winsock_spi_resolver_lookup_drop_own(wait.lookup);
    if (told.is_err)
        *error = told.val.err;
    else
        *answer = told.val.ok;
    return !told.is_err;
}
