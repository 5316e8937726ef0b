# Stands in for the image of PostgreSQL in `deploy/compose.yaml`, with the same variables and directories.
ARG BASE
FROM ${BASE}
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql \
 && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/* \
 && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ \
 && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data \
 && install -d -o postgres -g postgres -m 3777 /run/postgresql
USER postgres
VOLUME /var/lib/postgresql/data
ENV PGDATA=/var/lib/postgresql/data
CMD ["sh", "-euc", "\
    test -s $PGDATA/PG_VERSION || { \
        initdb --username=$POSTGRES_USER --auth-host=$POSTGRES_HOST_AUTH_METHOD --auth-local=trust; \
        echo CREATE DATABASE $POSTGRES_DB | postgres --single -j postgres; }; \
    exec postgres -k /run/postgresql"]
