"""The database: schema, migrations and queries. The only package that knows sqlalchemy."""
