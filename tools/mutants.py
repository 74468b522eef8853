"""`make mutants`: remove each guard from a copy of the tree; the test that covers it must fail.

A guard that can be removed without a failing test is not guarded. `make mutants ONLY=redirect` tries those
whose names contain a word; `python -m tools.mutants --list` lists them all.

A guard is marked by a comment in the line above it: `# guard: NAME`. By default a condition becomes False
and a statement is removed. Another change is named after the guard:

- `@2`, `@2,3`, `@last`: these operands of the `and` or `or` are removed
- `@true`: the value, or the condition, becomes True
- `@argument2`: the call becomes its second argument
- `@without2`: the call loses its second argument
- `@when`: the trigger in this text of SQL never fires
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = (
    "activitypub",
    "addresses",
    "docs",
    "fedserver",
    "storage",
    "tests",
    "tools",
    "FEDERATION.md",
    "pyproject.toml",
)
SEARCHED = ("activitypub", "addresses", "fedserver", "storage")
FAILED = 1  # pytest's status when tests ran and some failed; others mean that they did not run
MARK = re.compile(r"^\s*# guard: (?P<name>.+?)(?: @(?P<change>[\w,]+))?$")
SIGNATURES = "tests/activitypub/test_signatures.py"
FORWARDED = "tests/journeys/test_forwarded_activities.py"
CLAIMED = f"{FORWARDED}::test_activity_that_only_claims_to_be_ours_is_refused"
INSTRUMENTS = "tests/journeys/test_quote_instruments.py"
ELSEWHERE = f"{INSTRUMENTS}::test_instrument_of_another_origin_grants_nothing"
FORGERIES = "tests/journeys/test_forgeries.py"
RESTORED = "tests/journeys/test_restored_posts.py"
SHAPES = "tests/journeys/test_shapes.py"
CHECK = "tests/cli/checks/test_check.py"
DETAILS = "test_details_without_a_token_or_with_a_used_one_are_not_found"
PARTNERS = "tests/journeys/test_partners.py"
SPLIT = "tests/journeys/test_split_domains.py"
MODES = "tests/web/test_route_modes.py::test_"
PRIVATE = "tests/journeys/test_private_nodes.py"
READS = "tests/s2s/test_signed_reads.py::test_signed_read"
PARTNER_POSTS = "tests/journeys/test_partner_posts.py"
RELAYS = "tests/journeys/test_relays.py"
NAMES = "tests/journeys/test_remote_names.py"
POSTS = "tests/domain/posts/test_posts.py"
TOKENS = "tests/domain/auth/test_tokens.py"
DATA = "tests/pages/portability/test_data.py"
VECTORS = "tests/activitypub/test_vectors.py"
PROFILES = "tests/client_api/accounts/test_profiles.py"
ADMIN = "tests/client_api/moderation/test_admin_accounts.py"
FOR_PARTNERS = f"{PARTNER_POSTS}::test_posts_for_partners_reach_partners_only[sqlite]"
OTHERS_OBJECTS = f"{FORGERIES}::test_activity_about_what_another_actor_owns_is_ignored"
ID_ELSEWHERE = f"{FORGERIES}::test_fetched_document_with_an_id_elsewhere_is_refused"
EMBEDDED = f"{FORGERIES}::test_embedded_activity_of_another_host_is_read_from_its_origin"
POLICY = f"{SHAPES}::test_interaction_policy_of_a_local_post_is_enforced"
PARTNERSHIPS = f"{PARTNERS}::test_partnership_activities_of_other_actors_are_refused[sqlite]"
REACTIONS = f"{SHAPES}::test_emoji_reactions_count_as_likes_and_are_shown"
RELAY_FORWARDS = f"{RELAYS}::test_relay_followed_forwards_pointers_to_posts_only[sqlite]"
PICTURES = "tests/journeys/test_article_pictures.py"
FEEDS = "tests/pages/content/test_feeds.py"
CONSOLE = "tests/console/test_console.py"
DECISIONS = "tests/domain/accounts/test_decisions.py"
HIDDEN_ACCOUNTS = (
    "tests/client_api/relationships/test_hidden_accounts.py"
    "::test_hidden_account_shows_only_where_it_is_asked_for"
)
LOG = "tests/domain/audit_log/test_audit_log.py"
BOOSTS = "tests/domain/posts/test_boosts.py::test_boost_by_someone_who_may_read_a_post_counts"
ACTS = "tests/domain/audit_log/test_audit_log.py::test_the_command_checks_a_database_and_a_"

BACKUPS = "tests/cli/test_databases.py"
SEALING = "tests/storage/sealing/test_columns.py"

# The test that must fail without the guard.
TESTS = {
    "compressed bodies": "tests/web/test_content_coding.py",
    "decisions against the own domain": "tests/client_api/peers/test_admin_blocks.py"
    "::test_own_domain_cannot_be_blocked",
    "domain of the database": f"{BACKUPS}::test_database_of_another_domain_is_refused_by_every_command",
    "indexes and constraints of a backup": BACKUPS,
    "node of a backup": f"{BACKUPS}::test_backup_of_another_domain_is_restored_only_if_it_is_named",
    "suspended actors": "tests/journeys/test_erasure.py"
    "::test_suspended_account_lifts_its_block_and_can_do_nothing_else",
    "what refused hosts may send": "tests/journeys/test_erasure.py::test_refused_host_can_do_nothing_else",
    "only a page of this node can have such a form sent again": "tests/web/forms/test_resumed_forms.py",
    "only the first log-in by the mail of the approval": "tests/pages/registration/test_confirmation.py"
    "::test_mail_about_the_approval_logs_nobody_in_after_the_first_log_in",
    "a draft is shown to those whom its author asked": "tests/pages/posts/articles/test_article_editor.py",
    "checksum of a backup": f"{BACKUPS}::test_restore_of_damaged_copies_leaves_the_old_state[sqlite]",
    "key of a backup": f"{BACKUPS}::test_backup_of_another_key_is_refused[sqlite]",
    "end of a dump": "tests/cli/backups/test_postgresql_backups.py"
    "::test_restore_with_a_program_that_dies_in_the_middle_leaves_the_old_state",
    "key of the database": f"{SEALING}::test_database_with_another_key_is_not_opened",
    "pooler of transactions": "tests/storage/test_pgbouncer.py"
    "::test_pooler_of_transactions_without_a_direct_url_is_refused_with_what_to_set",
    "mode of an old database": "tests/storage/test_private_files.py"
    "::test_database_that_others_could_read_is_closed_to_them",
    "lock of a database": "tests/storage/test_access.py::test_reserved_database_cannot_be_opened[sqlite]",
    "date window": f"{SIGNATURES}::test_times",
    "date ahead": f"{SIGNATURES}::test_times",
    "created window": f"{SIGNATURES}::test_times",
    "digest": f"{SIGNATURES}::test_other_body_path_host_and_method_are_refused",
    "coverage": f"{SIGNATURES}::test_small_coverage_is_refused",
    "coverage of the digest": f"{SIGNATURES}::test_small_coverage_is_refused",
    "times of RFC 9421": f"{SIGNATURES}::test_times",
    "coverage of RFC 9421": f"{VECTORS}::test_rfc9421_vector_covers_too_little_for_us",
    "host": f"{SIGNATURES}::test_other_body_path_host_and_method_are_refused",
    "algorithm": f"{SIGNATURES}::test_other_algorithms_are_refused",
    "one signature": f"{SIGNATURES}::test_two_schemes_at_once_are_refused",
    "weak keys": f"{FORGERIES}::test_forged_signatures_are_refused[rfc9421-sqlite]",
    "closed mode": f"{MODES}documents_inboxes_and_files_answer_by_mode_and_signature[closed-sqlite]",
    "unsigned requests": f"{MODES}documents_inboxes_and_files_answer_by_mode_and_signature[allowlist-sqlite]",
    "visitors of a limited node": f"{MODES}pages_client_api_and_files_answer_by_mode_and_caller"
    "[closed-sqlite]",
    "files of a private node": f"{MODES}pages_client_api_and_files_answer_by_mode_and_caller[members-sqlite]",
    "documents for partners only": f"{MODES}documents_inboxes_and_files_answer_by_mode_and_signature"
    "[partners-sqlite]",
    "what only partners may send": f"{MODES}documents_inboxes_and_files_answer_by_mode_and_signature"
    "[partners-sqlite]",
    "grants of files": "tests/web/access/test_readers.py"
    "::test_apps_get_addresses_with_a_right_that_ends_and_pages_get_none[sqlite]",
    "partners only": f"{PRIVATE}::test_posts_and_pictures_reach_followers_at_partners_only[sqlite]",
    "what waits for a peer": f"{PRIVATE}::test_what_waits_for_a_former_partner_is_not_delivered[sqlite]",
    "relays pass on to anyone": f"{PRIVATE}::test_private_node_sends_posts_to_no_relay_but_deletions[sqlite]",
    "boosts for relays": f"{PRIVATE}::test_private_node_sends_posts_to_no_relay_but_deletions[sqlite]",
    "the host of a claimed key": f"{READS}_of_a_blocked_host_is_refused_without_its_key[sqlite]",
    "keys fetched for readers": f"{READS}s_with_ever_new_keys_fetch_a_bounded_number[sqlite]",
    "the hosts of a signer": f"{SPLIT}::test_block_of_either_host_reaches_split_accounts_that_are_stored"
    "[sqlite-blocked.test]",
    "the hosts of an actor": f"{SPLIT}::test_split_account_of_a_blocked_host_is_refused_in_the_inbox"
    "[sqlite-blocked.test]",
    "the hosts of an author": f"{SPLIT}::test_post_of_an_account_off_the_allowlist_is_not_fetched[sqlite]",
    "the host of a fetched document": f"{SPLIT}::test_redirect_to_a_blocked_host_leads_nowhere[sqlite]",
    "handles that others give to an actor": f"{SPLIT}::"
    "test_handle_that_another_host_gives_to_an_actor_is_refused"
    "[sqlite-x@evil.test]",
    "the hosts of a file": f"{SPLIT}::test_rejected_media_of_any_host_are_not_shown[sqlite-cdn.test]",
    "owner of a key": "tests/activitypub/test_documents.py::test_actors_own_their_keys_and_inboxes",
    "the signer is the actor": f"{FORGERIES}::test_forged_signatures_are_refused[rfc9421-sqlite]",
    "origin of an activity": EMBEDDED,
    "origin of what is embedded": EMBEDDED,
    "origin of what is fetched": ID_ELSEWHERE,
    "media type": ID_ELSEWHERE,
    "origin of collections": "tests/journeys/test_threads.py::test_collection_of_another_origin_is_not_read",
    "connected address": "tests/net/test_client.py::test_loopback_is_refused_where_it_is_not_allowed",
    "redirects are checked again": "tests/net/test_client.py::test_redirects_that_lead_astray",
    "redirect away from https": "tests/net/test_client.py::test_redirects_that_lead_astray",
    "size while reading": "tests/net/test_client.py::test_answers_are_cut",
    "names of accounts": f"{NAMES}::test_account_with_a_bad_name_is_refused_with_a_line_in_the_log",
    "control characters in the log": "tests/cli/test_logs.py::test_control_characters_are_written_as_escapes",
    "depth of documents": "tests/activitypub/test_documents.py::test_what_is_no_document_is_refused",
    "sanitizer": "tests/text/test_markup.py::test_unsafe_html_is_removed",
    "whose proof our own activity bears": f"{CLAIMED}[sqlite]",
    "origin of a post that wants to quote": f"{ELSEWHERE}[sqlite]",
    "repetition": f"{FORGERIES}::test_forged_signatures_are_refused[rfc9421-sqlite]",
    "what was deleted stays away": f"{FORGERIES}::test_forged_signatures_are_refused[rfc9421-sqlite]",
    "what moderators deleted stays away": f"{RESTORED}::test_post_that_moderators_removed_does_not_come_back",
    "tombstones": f"{RESTORED}::test_post_that_its_group_deletes_is_gone_if_its_origin_has_none",
    "Delete by its author": OTHERS_OBJECTS,
    "Update by its author": OTHERS_OBJECTS,
    "Undo by who did it": OTHERS_OBJECTS,
    "boosts of private posts": f"{BOOSTS}_only_if_the_post_is_open_to_all[sqlite-followers-False]",
    "no edit widens": "tests/domain/posts/test_remote_posts.py::test_an_edit_never_widens[sqlite]",
    "partners: who speaks for a node": PARTNERSHIPS,
    "partners: whose answer it is": PARTNERSHIPS,
    "partners: who sees posts for them": FOR_PARTNERS,
    "partners: a quote of another account": FOR_PARTNERS,
    "relays: only those that are on forward": RELAY_FORWARDS,
    "whose post it is": f"{POSTS}::test_a_deleted_post_leaves_a_tombstone_only[sqlite]",
    "scopes": f"{PROFILES}::test_profiles_without_the_scope_are_refused[sqlite]",
    "the CSRF token of a form": f"{CONSOLE}::test_console_forms_without_csrf_token_are_refused[sqlite]",
    "PKCE": f"{TOKENS}::test_exchange_without_the_right_verifier_is_refused",
    "codes are used once": f"{TOKENS}::test_replayed_code_revokes_its_token[sqlite]",
    "answers that a local member does not want": POLICY,
    "boosts that a local member does not want": POLICY,
    "reactions taken back by others": REACTIONS,
    "archives of others": f"{DATA}::test_archive_can_be_downloaded_by_its_owner_only",
    "imports of others": f"{DATA}::test_exported_files_can_be_imported",
    "keys of others": f"{VECTORS}::test_an_identity_proof_of_fep_c390",
    "keys that are not the subject's": f"{VECTORS}::test_an_identity_proof_of_fep_c390",
    "the log: links": f"{ACTS}file[sqlite]",
    "the log: hashes": f"{ACTS}file[sqlite]",
    "the log: private parts": f"{LOG}::test_changes_of_written_entries_are_refused_or_detected[sqlite]",
    "the log: triggers": f"{LOG}::test_changes_of_written_entries_are_refused_or_detected[sqlite]",
    "the log: names": f"{ADMIN}::test_public_log_names_no_member_and_verifies[sqlite]",
    "limits on attempts": "tests/domain/auth/test_members.py::test_login_resets_the_attempts[sqlite]",
    "addresses that only trusted proxies name": "tests/web/test_proxies.py::test_address_of_the_client",
    "the length of texts in a request": "tests/web/test_bounds.py::test_every_declared_text_has_a_length",
    "files in texts are those that we signed": (
        f"{PICTURES}::test_proxy_serves_only_the_pictures_of_a_post[sqlite]"
    ),
    "readers stay unknown": (
        f"{PICTURES}::test_pictures_of_articles_are_loaded_from_this_node_everywhere[sqlite]"
    ),
    "texts behind a content warning": f"{FEEDS}::test_feed_does_not_show_what_is_behind_a_warning[sqlite]",
    "age of the tokens of `fedserver check`": f"{CHECK}::{DETAILS}",
    "details for `fedserver check` only": f"{CHECK}::{DETAILS}",
    "tokens of `fedserver check` count once": f"{CHECK}::{DETAILS}",
    "the browser of a sign-up": (
        "tests/pages/registration/test_confirmation.py"
        "::test_confirmation_in_another_browser_asks_to_log_in_and_then_welcomes[sqlite]"
    ),
    "kept out": "tests/pages/moderation/test_decisions.py::test_suspended_member_sees_only_decisions[sqlite]",
    "deletion keeps decisions": f"{DECISIONS}::test_delete_remote_of_a_decided_account_keeps_the_decision",
    "boosts of accounts that the author blocks": HIDDEN_ACCOUNTS,
    "threads without unwanted accounts": HIDDEN_ACCOUNTS,
}


def find_marks() -> dict[str, list[tuple[Path, int, str]]]:
    """Return for each guard that is marked its places: the file, the number of the line, and the change."""
    marks: dict[str, list[tuple[Path, int, str]]] = {}
    for top in SEARCHED:
        for path in sorted((ROOT / top).rglob("*.py")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if mark := MARK.match(line):
                    place = (path.relative_to(ROOT), number, mark["change"] or "")
                    marks.setdefault(mark["name"], []).append(place)
    return marks


def mutate(text: str, number: int, change: str) -> str:
    """Return the source without the guard that is marked in line `number`. Raises ValueError."""
    line = number + 1
    node = _find_marked_node(ast.parse(text), line, calls=change.startswith(("argument", "without")))
    if change == "when":
        return _replace_line(text, line, " WHEN ", " WHEN 0 AND ")
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        raise ValueError(f"line {line} is a docstring, not a guard")
    if not change and isinstance(node, ast.Expr):
        return _replace(text, node, "pass")
    expression = _expression(node)
    return _replace(text, expression, ast.unparse(_without(expression, change)))


def _find_marked_node(tree: ast.Module, line: int, *, calls: bool) -> ast.AST:
    """Return the statement, or the keyword argument, that begins in the line; or the method called there."""
    for node in ast.walk(tree) if calls else ():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.end_lineno == line
        ):
            return node
    begins = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt | ast.keyword | ast.expr) and node.lineno == line
    ]
    for kind in (ast.stmt, ast.keyword, ast.expr):
        if chosen := [node for node in begins if isinstance(node, kind)]:
            return chosen[0]
    raise ValueError(f"nothing begins in line {line}")


def _expression(node: ast.AST) -> ast.expr:
    """Return what decides: the condition of an `if`, the value of a statement or argument."""
    inner = getattr(node, "test", None) or getattr(node, "value", None) or node
    inner = inner.value if isinstance(inner, ast.Await) else inner
    if not isinstance(inner, ast.expr):
        raise ValueError(f"{ast.unparse(node)[:60]} holds no expression")
    return inner


def _without(expression: ast.expr, change: str) -> ast.expr:
    if change in ("", "true"):
        return ast.Constant(change == "true")
    if change.startswith(("argument", "without")) and isinstance(expression, ast.Call):
        number = int(change[-1]) - 1
        if change.startswith("argument"):
            return expression.args[number]
        arguments = [argument for place, argument in enumerate(expression.args) if place != number]
        return ast.Call(expression.func, arguments, expression.keywords)
    if isinstance(expression, ast.BoolOp):
        last = len(expression.values)
        removed = {last if operand == "last" else int(operand) for operand in change.split(",")}
        values = [argument for place, argument in enumerate(expression.values, 1) if place not in removed]
        return values[0] if len(values) == 1 else ast.BoolOp(expression.op, values)
    raise ValueError(f"@{change} does not fit {ast.unparse(expression)}")


def _replace(text: str, node: ast.stmt | ast.expr, replacement: str) -> str:
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
    data = text.encode()
    return (data[:begin] + replacement.encode() + data[end:]).decode()


def _replace_line(text: str, number: int, old: str, new: str) -> str:
    lines = text.splitlines(keepends=True)
    if old not in lines[number - 1]:
        raise ValueError(f"line {number} does not hold {old}")
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    return "".join(lines)


def copy(into: Path) -> None:
    """Copy the tree without generated files."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, into / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, into / name)


def run(tree: Path, *tests: str) -> int:
    """Return the exit status of pytest for tests in the tree."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False).returncode


def write(path: Path, text: str) -> None:
    """Change a file so that what Python compiled of it counts no more, also within one second."""
    moment = path.stat().st_mtime + 10
    path.write_text(text)
    os.utime(path, (moment, moment))


def attempt(tree: Path, test: str, places: list[tuple[Path, int, str]]) -> str:
    """Return '' if the test fails without the guard, else what is wrong."""
    originals = {}
    try:
        # From the end of a file, so that lines above stay where they are.
        for file, number, change in sorted(places, reverse=True):
            path = tree / file
            text = path.read_text(encoding="utf-8")
            originals.setdefault(path, text)
            write(path, mutate(text, number, change))
        status = run(tree, test)
    finally:
        for path, former in originals.items():
            write(path, former)
    if status == FAILED:
        return ""
    return f"{test} passes without it" if status == 0 else f"{test} did not run ({status})"


def main() -> int:
    """Try the guards; return 1 if a test passes without its guard."""
    marks = find_marks()
    if unknown := marks.keys() ^ TESTS.keys():
        print(f"marked without a test, or not marked: {sorted(unknown)}", file=sys.stderr)
        return 2
    if "--list" in sys.argv:
        print("\n".join(f"{name}: {places[0][0]}:{places[0][1]}" for name, places in marks.items()))
        return 0
    only = os.environ.get("ONLY", "")
    chosen = [name for name in TESTS if only in name]
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder)
        copy(tree)
        if status := run(tree, *dict.fromkeys(TESTS[name] for name in chosen)):
            print(f"the tests fail with all guards in place ({status})", flush=True)
            return 2
        for name in chosen:
            began = time.monotonic()
            wrong = attempt(tree, TESTS[name], marks[name])
            survivors += bool(wrong)
            took = time.monotonic() - began
            print(f"{'SURVIVES' if wrong else 'caught  '} {name} ({took:.0f} s) {wrong}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} guards are covered by a failing test")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
