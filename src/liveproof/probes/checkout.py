"""What is checked out, by the files in .git; git is asked only where the branch and what it follows differ."""

import os

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.git import checkout, plumbing
from liveproof.host.git.plumbing import GitFailed
from liveproof.host.process.accounts import Accounts
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.checkout import Checkout, Unfinished


def probe(reader: Reader, app: App) -> Checkout:
    """Look at the app's own repository.

    Raises:
        NotThere: the app is no git work tree.
        CannotSee: it cannot be read.
    """
    try:
        repository = plumbing.repository(app.real)
        if repository is None:
            raise NotThere("the app is not a git repository")
        head = repository.head()
        branch = repository.branch()
        upstream = checkout.upstream(repository, branch) if branch else ""
        fetched = repository.reference(upstream) if upstream else ""
        fetched = fetched if plumbing.is_id(fetched) else ""
    except GitFailed as error:
        raise CannotSee(str(error)) from error
    except OSError as error:
        raise CannotSee(f"{app.path}/.git cannot be read: {error.strerror}") from error
    ahead, unseen = _ahead(repository, head, fetched)
    accounts = Accounts(reader)
    tree = os.stat(app.real).st_uid
    return Checkout(
        directory=repository.directory,
        head=head,
        branch=branch,
        upstream=upstream if fetched else "",
        fetched=fetched,
        ahead=ahead,
        unseen=unseen,
        unfinished=tuple(Unfinished(*one) for one in checkout.unfinished(repository)),
        locks=tuple(Unfinished("lock", *one) for one in checkout.locks(repository)),
        owner=(repository.uid, accounts.user_name(repository.uid)),
        tree_owner=(tree, accounts.user_name(tree)),
        trusted=tree != repository.uid and _trusted(repository, accounts, (repository.uid, tree)),
        foreign=tuple((path, accounts.user_name(uid)) for path, uid in checkout.foreign(repository)),
        now=reader.now(),
    )


def _trusted(repository: plumbing.Repository, accounts: Accounts, users: tuple[int, ...]) -> bool:
    found = (accounts.user(accounts.user_name(uid)) for uid in users)
    return checkout.trusted(repository, [account.home for account in found if account is not None])


def _ahead(repository: plumbing.Repository, head: str, fetched: str) -> tuple[bool | None, str]:
    """Whether what was fetched has commits that HEAD lacks."""
    if not fetched or fetched == head:
        return False, ""
    try:
        return not repository.is_ancestor(fetched, head), ""
    except GitFailed as error:
        return None, str(error)
