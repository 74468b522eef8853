"""The wording of mails, one module for each context, and the handlers that send them."""
