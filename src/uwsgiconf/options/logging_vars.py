"""Variables for the line that is logged about each request."""

from __future__ import annotations


class Var:
    """A variable with a name of your own.

    :param name: Its name.
    """

    tpl = "%s"

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return f"%({self.tpl % self.name})"


class VarMetric(Var):
    """The value of a metric.

    :param name: The name of the metric.
    """

    tpl = "metric.%s"


class VarRequestVar(Var):
    """The value of a variable of the request.

    :param name: The name of the variable, such as `REQUEST_URI`.
    """

    tpl = "var.%s"

    def __init__(self, name: str) -> None:
        super().__init__(name)


class RequestVariables:
    """Variables for the template of `Logging.set_basic_params`."""

    #: A metric.
    metric = VarMetric
    #: A variable of the request.
    request_var = VarRequestVar

    #: Path and query, as requested.
    REQ_URI = "%(uri)"
    #: HTTP method.
    REQ_METHOD = "%(method)"
    #: User who authenticated.
    REQ_REMOTE_USER = "%(user)"
    #: Address of the client.
    REQ_REMOTE_ADDR = "%(addr)"
    #: Host that was asked for.
    REQ_HTTP_HOST = "%(host)"
    #: Protocol, such as HTTP/1.1.
    REQ_SERVER_PROTOCOL = "%(proto)"
    #: The client's program.
    REQ_USER_AGENT = "%(uagent)"
    #: Page that led here.
    REQ_REFERER = "%(referer)"

    #: Start of the request, in seconds since the epoch.
    REQ_START_TS = "%(time)"
    #: Start of the request, as `ctime` writes it.
    REQ_START_CTIME = "%(ctime)"
    #: Start of the request, in milliseconds since the epoch.
    REQ_START_UNIX_US = "%(tmsecs)"
    #: Start of the request, in microseconds since the epoch.
    REQ_START_UNIX_MS = "%(tmicros)"
    #: Start of the request, as Apache writes it.
    REQ_START_HUMAN = "%(ltime)"
    #: Start of the request, in the format of `prefix_date` when `apply_strftime` is set.
    REQ_START_FORMATTED = "%(ftime)"

    #: Size of the request's body in bytes.
    REQ_SIZE_BODY = "%(cl)"
    #: How many variables the request has.
    REQ_COUNT_VARS_CGI = "%(vars)"
    #: Read errors of the request.
    REQ_COUNT_ERR_READ = "%(rerr)"
    #: Write errors of the request.
    REQ_COUNT_ERR_WRITE = "%(werr)"
    #: Read and write errors of the request.
    REQ_COUNT_ERR = "%(ioerr)"

    #: HTTP status of the response.
    RESP_STATUS = "%(status)"
    #: Microseconds the response took.
    RESP_TIME_US = "%(micros)"
    #: Milliseconds the response took.
    RESP_TIME_MS = "%(msecs)"
    #: Size of the response in bytes, headers included.
    RESP_SIZE = "%(size)"
    #: Size of the response's headers in bytes.
    RESP_SIZE_HEADERS = "%(hsize)"
    #: Size of the response's body in bytes.
    RESP_SIZE_BODY = "%(rsize)"
    #: How many headers the response has.
    RESP_COUNT_HEADERS = "%(headers)"

    #: The current time in seconds since the epoch.
    TIME_UNIX = "%(epoch)"
    #: Process number of the worker.
    WORKER_PID = "%(pid)"
    #: Number of the worker.
    WORKER_ID = "%(wid)"
    #: How often the request gave way to others, in asynchronous modes.
    ASYNC_SWITCHES = "%(switches)"
    #: Core of the worker that ran the request.
    CORE = "%(core)"
    #: Address space of the worker in bytes.
    MEM_VSZ = "%(vsz)"
    #: Resident memory of the worker in bytes.
    MEM_RSS = "%(rss)"
    #: Address space of the worker in megabytes.
    MEM_VSZ_MB = "%(vszM)"
    #: Resident memory of the worker in megabytes.
    MEM_RSS_MV = "%(rssM)"
    #: Size of the request in uWSGI's own protocol, in bytes.
    SIZE_PACKET_UWSGI = "%(pktsize)"
    #: First modifier of the request, see `Routing.modifiers`.
    MOD1 = "%(modifier1)"
    #: Second modifier of the request, see `Routing.modifiers`.
    MOD2 = "%(modifier2)"
