/** Where changes of aliases and archived models are announced to all servers on one database. The payload is the name or id. */
export const REGISTRY_CHANNEL = 'gelql_registry';
