/* One function per verb, in the file of its name; its value is the exit status. A verb left out of the build is NULL. */
#ifndef CT_VERBS_H
#define CT_VERBS_H

#define CT_VERB(name) int name(int argc, char **argv) __attribute__((weak))

CT_VERB(ct_verb_run);
CT_VERB(ct_verb_exec);
CT_VERB(ct_verb_apply);
CT_VERB(ct_verb_scan);
CT_VERB(ct_verb_net);

#endif
