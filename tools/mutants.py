"""`make mutants`: take each guard out of a copy of the tree; the tests that watch over it have to fail.

A guard that can go without a test noticing is not guarded. `make mutants ONLY=redirect` tries those whose
names hold a word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("activitypub", "docs", "fedserver", "storage", "tests", "tools", "pyproject.toml")
FAILED = 1  # pytest's status when tests ran and some failed; others mean that they did not run
SIGNATURES = "tests/activitypub/test_signatures.py"
FORGERIES = "tests/journeys/test_forgeries.py"
SHAPES = "tests/journeys/test_shapes.py"
PARTNERS = "tests/journeys/test_partners.py"
PARTNER_POSTS = "tests/journeys/test_partner_posts.py"
RELAYS = "tests/journeys/test_relays.py"
ACTS = "tests/domain/test_acts.py::test_the_command_checks_a_database_and_a_"
CHAIN = "fedserver/domain/act_chain.py"
CAVAGE, RFC9421 = "activitypub/signatures/cavage.py", "activitypub/signatures/rfc9421.py"


@dataclass(frozen=True)
class Guard:
    """A name, changes (file, exact text, what replaces it), and the test that must fail then."""

    name: str
    test: str
    changes: tuple[tuple[str, str, str], ...]


def guard(name: str, file: str, text: str, replacement: str, test: str) -> Guard:
    return Guard(name, test, ((file, text, replacement),))


GUARDS = (
    guard("date window", CAVAGE, "if signed < now - PAST_MS:", "if False:", f"{SIGNATURES}::test_times"),
    guard("date ahead", CAVAGE, "if signed > now + FUTURE_MS:", "if False:", f"{SIGNATURES}::test_times"),
    guard("created window", RFC9421, "if created < now - PAST_MS:", "if False:", f"{SIGNATURES}::test_times"),
    guard(
        "digest",
        "activitypub/signatures/digest.py",
        "if not hmac.compare_digest(given, wanted):",
        "if False:",
        f"{SIGNATURES}::test_other_body_path_host_and_method_are_refused",
    ),
    guard(
        "coverage",
        CAVAGE,
        'if not {"(request-target)", "host"} <= covered or',
        "if",
        f"{SIGNATURES}::test_small_coverage_is_refused",
    ),
    guard(
        "coverage of the digest",
        CAVAGE,
        'and "digest" not in covered',
        "and False",
        f"{SIGNATURES}::test_small_coverage_is_refused",
    ),
    guard(
        "times of RFC 9421",
        RFC9421,
        "    _check_times(parsed, now)\n",
        "",
        f"{SIGNATURES}::test_times",
    ),
    guard(
        "coverage of RFC 9421",
        RFC9421,
        "if not set(required) <= set(parsed.covered):",
        "if False:",
        "tests/activitypub/test_vectors.py::test_rfc9421_vector_covers_too_little_for_us",
    ),
    guard(
        "host",
        CAVAGE,
        'if (request.field("host") or "").lower() != request.host.lower():',
        "if False:",
        f"{SIGNATURES}::test_other_body_path_host_and_method_are_refused",
    ),
    guard(
        "algorithm",
        CAVAGE,
        "if algorithm not in ours:",
        "if False:",
        f"{SIGNATURES}::test_other_algorithms_are_refused",
    ),
    guard(
        "one signature",
        "activitypub/signatures/verify.py",
        'if len(request.headers["signature"]) != 1 or "keyId=" in request.headers["signature"][0]:',
        "if False:",
        f"{SIGNATURES}::test_two_schemes_at_once_are_refused",
    ),
    guard(
        "weak keys",
        "activitypub/keys.py",
        "if not MIN_BITS <= key.key_size <= MAX_BITS or",
        "if",
        f"{FORGERIES}::test_no_forged_signature_passes[rfc9421-sqlite]",
    ),
    guard(
        "owner of a key",
        "activitypub/actors.py",
        "if key_id and pem and without_fragment(key_id) and _own(identifier, key_id):",
        "if key_id and pem:",
        "tests/activitypub/test_documents.py::test_actors_own_their_keys_and_inboxes",
    ),
    guard(
        "the signer is the actor",
        "fedserver/federation/inbox.py",
        "if signer.uri != activity.actor and not activity.proof:",
        "if False:",
        f"{FORGERIES}::test_no_forged_signature_passes[rfc9421-sqlite]",
    ),
    guard(
        "origin of an activity",
        "fedserver/federation/inbox.py",
        "if activity.id and not same_origin(activity.id, activity.actor):",
        "if False:",
        f"{FORGERIES}::test_an_embedded_foreign_activity_is_read_from_its_origin",
    ),
    guard(
        "origin of what is embedded",
        "fedserver/federation/incoming/registry.py",
        'if document is None or not same_origin(activity.object_id or "", item.actor.uri):',
        "if document is None:",
        f"{FORGERIES}::test_an_embedded_foreign_activity_is_read_from_its_origin",
    ),
    guard(
        "origin of what is fetched",
        "fedserver/federation/fetch.py",
        "if identifier == final:",
        "if True:",
        f"{FORGERIES}::test_only_documents_of_their_own_address_are_believed",
    ),
    guard(
        "media type",
        "fedserver/federation/fetch.py",
        "if response.status != 200 or not is_activitypub(response.content_type):",
        "if response.status != 200:",
        f"{FORGERIES}::test_only_documents_of_their_own_address_are_believed",
    ),
    guard(
        "connected address",
        "fedserver/net/guard.py",
        "if not self.allows(address[0], address[1]):",
        "if False:",
        "tests/net/test_client.py::test_loopback_is_refused_where_it_is_not_allowed",
    ),
    guard(
        "redirects are checked again",
        "fedserver/net/client.py",
        "        self.guard.check_url(url)\n",
        "",
        "tests/net/test_client.py::test_redirects_that_lead_astray",
    ),
    guard(
        "redirect away from https",
        "fedserver/net/client.py",
        'if url.startswith("https:") and not target.startswith("https:"):',
        "if False:",
        "tests/net/test_client.py::test_redirects_that_lead_astray",
    ),
    guard(
        "size while reading",
        "fedserver/net/client.py",
        "if len(data) > max_bytes:",
        "if False:",
        "tests/net/test_client.py::test_answers_are_cut",
    ),
    guard(
        "depth of documents",
        "activitypub/document.py",
        "    _measure(document)\n",
        "",
        "tests/activitypub/test_documents.py::test_what_is_no_document_is_refused",
    ),
    guard(
        "sanitizer",
        "fedserver/text/sanitize.py",
        "return cleaner.clean(bounded(html))",
        "return bounded(html)",
        "tests/text/test_markup.py::test_strangers_html_is_tamed",
    ),
    guard(
        "repetition",
        "storage/queries/inbox.py",
        "if not await tx.run(SEE, actor_uri=row.actor_uri, activity_uri=row.activity_uri, at=tx.now):",
        "if False:",
        f"{FORGERIES}::test_no_forged_signature_passes[rfc9421-sqlite]",
    ),
    guard(
        "what was deleted stays away",
        "fedserver/domain/remote_posts.py",
        'or (buried is not None and buried.account_uri in ("", author.uri))',
        "",
        f"{FORGERIES}::test_no_forged_signature_passes[rfc9421-sqlite]",
    ),
    guard(
        "Delete by its author",
        "fedserver/domain/post_removal.py",
        "if row.account_id != author.id or row.local:",
        "if False:",
        f"{FORGERIES}::test_nobody_acts_for_another",
    ),
    guard(
        "Update by its author",
        "fedserver/domain/remote_posts.py",
        "if row is None or row.account_id != author.id or row.local or",
        "if row is None or",
        f"{FORGERIES}::test_nobody_acts_for_another",
    ),
    guard(
        "Undo by who did it",
        "fedserver/domain/likes.py",
        "if row is None or row.account_id != actor.id:",
        "if row is None:",
        f"{FORGERIES}::test_nobody_acts_for_another",
    ),
    guard(
        "boosts of private posts",
        "fedserver/domain/boosts.py",
        "if post.visibility not in OPEN and post.account_id != actor.id:",
        "if False:",
        f"{FORGERIES}::test_nobody_acts_for_another",
    ),
    guard(
        "no edit widens",
        "fedserver/domain/partner_posts.py",
        "return narrower(former, await seen_as(tx, author, visibility, addressed))",
        "return await seen_as(tx, author, visibility, addressed)",
        "tests/domain/test_remote_posts.py::test_an_edit_never_widens[sqlite]",
    ),
    guard(
        "partners: who speaks for a node",
        "fedserver/federation/incoming/registry.py",
        "if node is None or node.id != item.actor.id:",
        "if False:",
        f"{PARTNERS}::test_nobody_else_speaks_for_a_node[sqlite]",
    ),
    guard(
        "partners: whose answer it is",
        "fedserver/domain/partners.py",
        "or row.state != OFFERED or row.account_id != node.id:",
        "or row.state != OFFERED:",
        f"{PARTNERS}::test_nobody_else_speaks_for_a_node[sqlite]",
    ),
    guard(
        "partners: who sees posts for them",
        "fedserver/domain/visibility.py",
        "return facts.is_ours or (facts.is_partners and post.local)",
        "return facts.viewer_id is not None",
        f"{PARTNER_POSTS}::test_posts_for_partners_are_read_by_partners_only[sqlite]",
    ),
    guard(
        "partners: a quote of somebody else",
        "fedserver/federation/outgoing/tasks.py",
        """    if row.visibility == "partners":
        return None""",
        """    if False:
        return None""",
        f"{PARTNER_POSTS}::test_posts_for_partners_are_read_by_partners_only[sqlite]",
    ),
    guard(
        "relays: only those that are on forward",
        "fedserver/federation/inbox.py",
        "if not await self._is_relay(signer):",
        "if False:",
        f"{RELAYS}::test_a_relay_is_followed_and_only_points[sqlite]",
    ),
    guard(
        "whose post it is",
        "fedserver/domain/posts.py",
        "row is None or row.account_id != author.id or",
        "row is None or",
        "tests/domain/test_posts.py::test_a_deleted_post_leaves_a_tombstone_only[sqlite]",
    ),
    guard(
        "scopes",
        "fedserver/http/dispatch.py",
        "if endpoint.scope and not endpoint.html and",
        "if False and",
        "tests/client_api/test_profiles.py::test_profiles_need_their_scopes[sqlite]",
    ),
    guard(
        "the word of a form",
        "fedserver/http/session.py",
        "if not hmac.compare_digest(caller.csrf.encode(), given.encode()):",
        "if False:",
        "tests/console/test_console.py::test_forms_need_their_word[sqlite]",
    ),
    guard(
        "PKCE",
        "fedserver/domain/tokens.py",
        "    _check_verifier(row.challenge, verifier)\n",
        "",
        "tests/domain/test_tokens.py::test_the_verifier_cannot_be_dropped_or_guessed",
    ),
    Guard(
        "codes are used once",
        "tests/domain/test_tokens.py::test_a_code_that_comes_twice_ends_its_token[sqlite]",
        (
            ("fedserver/domain/tokens.py", "if row.used_at is not None:", "if False:"),
            ("storage/queries/tokens.py", ", codes.c.used_at.is_(None))", ")"),
        ),
    ),
    guard(
        "answers that a member of ours does not want",
        "fedserver/domain/remote_posts.py",
        "if parent is not None and not await arrivals.may_answer(tx, parent, author):",
        "if False:",
        f"{SHAPES}::test_who_may_answer_a_post_of_ours",
    ),
    guard(
        "boosts that a member of ours does not want",
        "fedserver/domain/boosts.py",
        "if post.local and not await interaction_policies.allows(",
        "if False and not await interaction_policies.allows(",
        f"{SHAPES}::test_who_may_answer_a_post_of_ours",
    ),
    guard(
        "reactions taken back by others",
        "fedserver/domain/reactions.py",
        "if row is None or row.account_id != actor.id:",
        "if row is None:",
        f"{SHAPES}::test_emoji_are_likes_and_shown",
    ),
    guard(
        "archives of others",
        "fedserver/domain/archives.py",
        "row.account_id != actor.id or",
        "",
        "tests/pages/test_data.py::test_an_archive_of_everything_is_made_for_its_owner",
    ),
    guard(
        "imports of others",
        "fedserver/domain/imports.py",
        "if row is None or row.account_id != actor.id:",
        "if row is None:",
        "tests/pages/test_data.py::test_what_is_taken_along_can_be_brought_along",
    ),
    guard(
        "keys of others",
        "activitypub/identity_proofs.py",
        'read.id_of(document.get("alsoKnownAs")) != actor:',
        "False:",
        "tests/activitypub/test_vectors.py::test_an_identity_proof_of_fep_c390",
    ),
    guard(
        "keys that are not the subject's",
        "activitypub/identity_proofs.py",
        'if proof.get("verificationMethod") not in',
        "if not subject and subject not in",
        "tests/activitypub/test_vectors.py::test_an_identity_proof_of_fep_c390",
    ),
    guard("the log: links", CHAIN, "elif found.previous != self.hash:", "elif False:", f"{ACTS}file[sqlite]"),
    guard("the log: hashes", CHAIN, "if digest(found) != found.hash:", "if False:", f"{ACTS}file[sqlite]"),
    guard(
        "the log: private parts",
        CHAIN,
        "if seal(salt, value) != sealed if salt else value:",
        "if False:",
        "tests/domain/test_acts.py::test_what_was_written_stays[sqlite]",
    ),
    guard(
        "the log: triggers",
        "storage/migrations/versions/0001_first_schema.py",
        "BEFORE UPDATE ON acts WHEN NOT ({_allowed_change('IS')}) ",
        "BEFORE UPDATE ON acts WHEN 0 AND NOT ({_allowed_change('IS')}) ",
        "tests/domain/test_acts.py::test_what_was_written_stays[sqlite]",
    ),
    guard(
        "the log: names",
        "fedserver/domain/moderation.py",
        "shows_reason=not (order.hides_reason or acts.names(account, text)),",
        "shows_reason=True,",
        "tests/client_api/test_admin_accounts.py::test_the_log_is_public_without_names[sqlite]",
    ),
    guard(
        "kept out",
        "fedserver/domain/sessions.py",
        " or (out and not barred):",
        ":",
        "tests/pages/test_decisions.py::test_who_is_kept_out_sees_nothing_else[sqlite]",
    ),
)


def copy(into: Path) -> None:
    """The tree without what it makes."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, into / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, into / name)


def run(tree: Path, *tests: str) -> int:
    """The status of pytest for tests in the tree."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False).returncode


def write(path: Path, text: str) -> None:
    """Change a file so that what Python compiled of it counts no more, also within one second."""
    moment = path.stat().st_mtime + 10
    path.write_text(text)
    os.utime(path, (moment, moment))


def attempt(tree: Path, mutant: Guard) -> str:
    """'' if the test fails without the guard; else what is wrong."""
    originals = {}
    try:
        for file, text, replacement in mutant.changes:
            path = tree / file
            originals[path] = path.read_text()
            if originals[path].count(text) != 1:
                return f"{file} does not hold this text once: {text}"
            write(path, originals[path].replace(text, replacement))
        status = run(tree, mutant.test)
    finally:
        for path, former in originals.items():
            write(path, former)
    if status == FAILED:
        return ""
    return f"{mutant.test} passes without it" if status == 0 else f"{mutant.test} did not run ({status})"


def main() -> int:
    only = os.environ.get("ONLY", "")
    chosen = [each for each in GUARDS if only in each.name]
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder)
        copy(tree)
        if status := run(tree, *dict.fromkeys(each.test for each in chosen)):
            print(f"the tests fail with all guards in place ({status})", flush=True)
            return 2
        for each in chosen:
            began = time.monotonic()
            wrong = attempt(tree, each)
            survivors += bool(wrong)
            took = time.monotonic() - began
            print(f"{'SURVIVES' if wrong else 'caught  '} {each.name} ({took:.0f} s) {wrong}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} guards are watched over")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
