"""The community that `fedserver demo` makes: its nodes, and what their members write."""
