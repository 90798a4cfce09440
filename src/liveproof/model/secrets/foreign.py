"""What the app, its libraries or its visitors wrote: log lines, exceptions, answers. Told in known words only.

Nobody can tell which word of a foreign text is a secret (``boom hunter2``), so a word is shown only when PHP, Laravel,
nginx and PHP-FPM themselves use it in their errors, when it is a class, or a path of the file system. A digest of the
whole tells like from unlike.
"""

import re

from liveproof.model.hashing import sha256
from liveproof.model.secrets.shapes import hide_shapes, looks_random

_LONGEST = 4000
_LEFT_OUT = "…"
_TOKENS = (
    r"(?si)(?P<named>\b(?:class|interface|trait|function|method|constant|variable|array key|view|route|table) "
    r"(?:[\"'\[$]{1,2}[a-z_.:\\]{1,120}+[\"'\]]{0,2}|[a-z_.:\\]{1,120}+\(\))(?=[\s,.;:]|\Z))"
    r"|(?P<state>SQLSTATE\[\w{5}\](?:\s?\[\d{1,5}\])?)"
    r"|(?P<socket>(?:fastcgi://)?(?:unix:/[\w./-]{1,100}+|127\.0\.0\.1(?::\d{1,5})?|\[::1\](?::\d{1,5})?)(?![\w@]))"
    r"|(?P<url>[A-Za-z][\w+.-]{0,20}+://\S++)"
    r"|(?P<path>(?<![\w./])/[\w.@+/-]*+(?::\d{1,7}(?!\w)|\(\d{1,7}\))?)"
    r"|(?P<line>\bline \d{1,7}\b)"
    r"|(?P<class>\\?[A-Za-z_]\w*+(?:\\{1,2}\w++)+)"
    r"|(?P<file>\b[A-Z][A-Za-z]{1,60}\.php(?::\d{1,7})?\b)"
    r"|(?P<word>[A-Za-z_]\w*+)"
    r"|(?P<other>[^\sA-Za-z_/\\]++)"
    r"|(?P<rest>\s++|.)"
)
_ROOTS = (  # where code, logs and sockets lie; a path of a request begins otherwise
    "/var/", "/srv/", "/home/", "/usr/", "/run/", "/etc/", "/opt/", "/tmp/", "/app/", "/www/", "/data/", "/dev/",  # noqa: S108
    "/proc/", "/mnt/", "/code/", "/snap/", "/storage/",
)  # fmt: skip
_CLASS = r"\\?(?:[A-Za-z_]{1,60}\d{0,2}[A-Za-z_]{0,40}\\{1,2}){1,12}[A-Za-z_]{1,60}\d{0,2}[A-Za-z_]{0,40}"
_PUNCTUATION = r"[^\w]{1,12}|[^\w]{0,6}\d{1,3}[^\w]{0,6}"
_REPEATED = r"…(?:[\s\"'`,;:=&|@#$%*+~?!.<>()\[\]{}-]*+…)+"
_WORDS = frozenset(
    """
    a abort aborted aborting about accept accepted access accessible across active actually address after alert
    aliased all allocate allocated allowed already also always an and another answer any apcu append application are
    argument arguments array artisan as at attempt attempted authentication autoload available bad base bcmath be
    because been before begin being below between binary bind bit blade body bool boolean boot bootstrap broken
    buffer but by bytes cache cached caching call callable called calling can cannot certificate change changed
    channel chdir check child chmod chown cipher class cleared client close closed code column command commands
    compiled composer config configuration configured conflicting connect connecting connection connections console
    constant constraint construct contain contains content context controller convert copy core correct corrupt
    could count create created creating critical cron ctype curl database date debug declare declared decrypt
    default defined delete deleted denied deprecated depth descriptor did directive directories directory disabled
    discovered discovering disk dispatch dns doctype does doesn dom domain done down driver dump duplicate during
    each effect element emerg emergency empty enable enabled encountered encrypt encryption end ended enough entry
    env environment eof error errors even event events exceeded exception exec execute executed execution exhausted
    exist existing exists exit exited expected expecting expects expired extension facade fail failed failing
    failure fastcgi fatal fclose fetch field file file_get_contents file_put_contents fileinfo files filesystem find
    finished first float flock fopen for forbidden fork format found fpassthru fpm framework fread from fsockopen
    fstat full function fwrite gateway gd get getaddrinfo given gone got group guard handle handler handshake has
    hash have header headers hello help host how html http id identified idle if illegal illuminate imagick
    implemented in include include_once include_path included incompatible incorrect index info ini inode input
    insert installed instance instead int integer integrity interface internal intl into invalid io is it iterable
    its job json key keys killed laravel large last length lengths level libraries library like limit line link list
    listen listening load loaded local lock locked log logged long looks lookup loop lost lstat mac mail main make
    manifest many map match max max_children max_spare_servers maximum may mbstring mcrypt member memory message
    method middleware migration min_spare_servers minor missing mkdir mode model modified module more most
    move_uploaded_file moved must mysql name namespace near needed nesting network never new nginx no nodename non
    none not not_found nothing notice null number object of off offset ok old on one only opcache opcache_get_status
    opcache_reset open open_basedir opendir opened openssl operation option or other out output overflow own owner
    package packages page parameter parse parsed parser passed password path payload pcntl pdo peer pending per
    permission permissions permitted pgsql phar php pid pipe placeholder please pm point pool port prematurely
    prepared present previous primary private process processes processing production program protected protocol
    provided provider ptrace public publish query queue queued quota read readable reading readonly received record
    recoverable recursion recv redirect redis reference reflection refused register registered relation release
    reload remote remove removed rename renamed repository request request_terminate_timeout requested requests
    require require_once required reset resolution resolve resolving resource respond response restart restriction
    result return returned returns rmdir root route routes row rules run running runtime same save scan schedule
    schema script second seconds section security seeking seems segmentation select send sending sent server
    server_error service service_unavailable services servname session set setting several shared should shutdown
    sigabrt sigbus sigkill signal signaled sigquit sigsegv sigterm since size slow socket some something space
    specified sql sqlite ssl stack staging start start_servers started starting stat state statement static status
    stderr stdin stdout still stop stopped storage store stream strict string strlen subdirectory success
    successfully such supplied support supported supports switch symfony symlink syntax system table target tcp
    teapot tempnam temporary terminate terminated terminating than that the their then there these this thread throw
    thrown time timed timeout times timezone title tls to token tokenizer too touch trace trait transaction
    translator tried trigger true try trying two type types udp unable unauthorized unavailable uncaught undefined
    unexpected unhandled unique unix unknown unlink unprocessable unreachable unserialize unset unsupported until up
    update upgrade upstream usable use used user uses using valid validation value values var variable vendor
    version view views violation visibility void wait waiting warning was web went when where which while whoops
    will with within without work worker worker_connections world writable write writeable writing written wrong xml
    yes yet you your zend zip
""".split()  # noqa: SIM905  (a list of 700 strings is no easier to read)
)


def gist(text: str, limit: int = 300) -> str:
    """A foreign text in known words, on one line; each run of others is reported as an ellipsis."""
    message = "".join(_token(found) for found in re.finditer(_TOKENS, text[:_LONGEST]))
    message = " ".join(re.sub(_REPEATED, _LEFT_OUT, message).split())
    return message if len(message) <= limit else f"{message[: limit - 1]}…"


def digest(text: str | bytes) -> str:
    """Eight hexadecimal digits that are the same for the same text (SHA-256)."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return sha256(data)[:8]


def _token(found: re.Match[str]) -> str:  # noqa: PLR0911  (one answer for each kind)
    text = found[0]
    match found.lastgroup:
        case "word":
            named = text.endswith(("Exception", "Error")) and text.isalpha() and text[0].isupper()
            return text if text.lower() in _WORDS or named else _LEFT_OUT
        case "path":
            known = text.startswith(_ROOTS) and len(text) <= 500
            return hide_shapes(text) if known else "/" if text == "/" else _LEFT_OUT
        case "class":
            return text if re.fullmatch(_CLASS, text) and not looks_random(text) else _LEFT_OUT
        case "named" | "state" | "line" | "socket" | "file":
            return text
        case "other":
            return text if re.fullmatch(_PUNCTUATION, text) and text.isascii() else _LEFT_OUT
        case "rest":
            return " " if text.isspace() else text
        case _:
            return _LEFT_OUT
