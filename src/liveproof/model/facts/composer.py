"""What Composer installed, and what its autoloader loads, beside the lock file and the files that are there."""

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Absent, Unknown


@dataclass(frozen=True, slots=True)
class PackageDiffers:
    """A package that is not installed as ``composer.lock`` has it.

    ``installed`` and ``locked`` are empty where it is not there. ``harmless``: it is merely installed besides.
    """

    name: str
    installed: str
    locked: str
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """``vendor/composer/installed.json`` against ``composer.lock``.

    Attributes:
        compared: how many packages of the lock were compared.
        differ: those that are otherwise.
        absent: packages whose directory is not there, with its path.
    """

    compared: int
    differ: tuple[PackageDiffers, ...]
    absent: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Autoloader:
    """The maps of ``vendor/composer/autoload_static.php``.

    Attributes:
        classes, files, namespaces: how many each map has.
        missing: files that a map names and that are not there: what names it (a class, or empty for a file that is
            included at every start), the path.
        namespaces_missing: namespaces of installed packages that the map does not know, with the package.
        authoritative: whether a class that the class map lacks is not looked for anywhere else.
        unmapped: classes of the app's own namespaces that an authoritative class map lacks, with their file.
        other_case: classes of the app's own namespaces that no map has, and whose path has other upper and lower case
            than their name, with their file.
    """

    classes: int
    files: int
    namespaces: int
    missing: tuple[tuple[str, str], ...]
    namespaces_missing: tuple[tuple[str, str], ...]
    authoritative: bool
    unmapped: tuple[tuple[str, str], ...]
    other_case: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PlatformCheck:
    """What ``vendor/composer/platform_check.php`` asks for.

    ``version`` is the least PHP_VERSION_ID (0: any), ``extensions`` are in lower case. ``present``: the autoloader runs
    the file.
    """

    present: bool
    version: int = 0
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Composer:
    """The three of them; each Unknown with the reason where it could not be read."""

    installed: Installed | Unknown | Absent
    autoloader: Autoloader | Unknown
    platform: PlatformCheck | Unknown
