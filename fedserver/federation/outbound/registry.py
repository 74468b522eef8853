"""Which function renders which job. A job that is not in the table sends nothing to peers."""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.federation.outbound import (
    accounts,
    blocks,
    boosts,
    follows,
    likes,
    partners,
    polls,
    posts,
    quotes,
    relays,
    reports,
)
from fedserver.federation.outbound.activity import Renderer

RENDERERS: dict[type[jobs.Job], Renderer] = {
    jobs.CreatePost: posts.render_create,
    jobs.UpdatePost: posts.render_update,
    jobs.DeletePost: posts.render_delete,
    jobs.UpdatePoll: polls.render_update,
    jobs.Vote: polls.render_vote,
    jobs.Announce: boosts.render_announce,
    jobs.UndoAnnounce: boosts.render_undo_announce,
    jobs.Like: likes.render_like,
    jobs.UndoLike: likes.render_undo_like,
    jobs.Follow: follows.render_follow,
    jobs.UndoFollow: follows.render_undo_follow,
    jobs.AnswerFollow: follows.render_answer,
    jobs.Block: blocks.render_block,
    jobs.UndoBlock: blocks.render_undo_block,
    jobs.UpdateAccount: accounts.render_update,
    jobs.MoveAccount: accounts.render_move,
    jobs.DeleteAccount: accounts.render_delete,
    jobs.UpdatePin: accounts.render_pin,
    jobs.Flag: reports.render_flag,
    jobs.RequestQuote: quotes.render_request,
    jobs.AnswerQuote: quotes.render_answer,
    jobs.RevokeQuote: quotes.render_revoke,
    jobs.OfferPartnership: partners.render_offer,
    jobs.AnswerPartnership: partners.render_answer,
    jobs.EndPartnership: partners.render_end,
    jobs.FollowRelay: relays.render_follow,
    jobs.UndoFollowRelay: relays.render_undo_follow,
    jobs.BoostForRelays: relays.render_boost,
}
