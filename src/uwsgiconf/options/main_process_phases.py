"""The phases of an instance's life, in which hooks can do something."""

from __future__ import annotations


class Phases:
    """Phases for `MainProcess.set_hook`. A hook that fails in a phase called fatal ends uWSGI."""

    #: The configuration was read, nothing else was done. Fatal.
    ASAP = "asap"
    #: Before jails, and before privileges are dropped. Fatal.
    JAIL_PRE = "pre-jail"
    #: Within the jail, right after it was entered. Fatal.
    JAIL_IN = "in-jail"
    #: After jails, before privileges are dropped. Fatal.
    JAIL_POST = "post-jail"
    #: The last moment with all privileges. Fatal.
    PRIV_DROP_PRE = "as-root"
    #: Privileges were dropped. Fatal.
    PRIV_DROP_POST = "as-user"
    #: The master starts.
    MASTER_START = "master-start"
    #: In the Emperor: it starts, and there are no vassals yet. Fatal.
    EMPEROR_START = "emperor-start"
    #: In a vassal: the Emperor told it to stop.
    EMPEROR_STOP = "emperor-stop"
    #: In a vassal: the Emperor told it to reload.
    EMPEROR_RELOAD = "emperor-reload"
    #: In a vassal: the Emperor is gone.
    EMPEROR_LOST = "emperor-lost"
    #: Before the instance ends or reloads.
    EXIT = "as-user-atexit"
    #: Before applications are loaded. Fatal.
    APP_LOAD_PRE = "pre-app"
    #: Applications were loaded. Fatal.
    APP_LOAD_POST = "post-app"
    #: In the Emperor: a vassal began to wait for its first connection; not in released uWSGI.
    VASSAL_ON_DEMAND_IN = "as-on-demand-vassal"
    #: In the Emperor: the configuration of such a vassal changed; not in released uWSGI.
    VASSAL_CONFIG_CHANGE_POST = "as-on-config-vassal"
    #: In the Emperor: a vassal is about to be started; not in released uWSGI.
    VASSAL_START_PRE = "as-emperor-before-vassal"
    #: In a vassal: privileges are about to be dropped; not in released uWSGI.
    VASSAL_PRIV_DRP_PRE = "as-vassal-before-drop"
    #: In the Emperor: it entered the namespaces of a vassal; not in released uWSGI.
    VASSAL_SET_NAMESPACE = "as-emperor-setns"
    #: In a vassal, before uWSGI is executed, in its new namespaces. Fatal.
    VASSAL_START_IN = "as-vassal"
    #: In the Emperor: a vassal was started. UWSGI_VASSAL_CONFIG, _PID, _UID and _GID tell which one.
    VASSAL_START_POST = "as-emperor"
    #: In each router and other gateway: it starts.
    GATEWAY_START_IN_EACH = "as-gateway"
    #: In each mule: it starts.
    MULE_START_IN_EACH = "as-mule"
    #: In each worker: it is about to accept connections.
    WORKER_ACCEPTING_PRE_EACH = "accepting"
    #: In the first worker: it is about to accept connections.
    WORKER_ACCEPTING_PRE_FIRST = "accepting1"
    #: As `WORKER_ACCEPTING_PRE_EACH`, once in the life of the instance.
    WORKER_ACCEPTING_PRE_EACH_ONCE = "accepting-once"
    #: As `WORKER_ACCEPTING_PRE_FIRST`, once in the life of the instance.
    WORKER_ACCEPTING_PRE_FIRST_ONCE = "accepting1-once"
