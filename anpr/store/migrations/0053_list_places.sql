-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Places from which files of lists are fetched: how the last look went, and which files were taken, so that each is taken once.
CREATE TABLE list_places (
    watchlist_id  text COLLATE "C" NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    place         text             NOT NULL,
    looked_at     timestamptz      NOT NULL,
    failing_since timestamptz,
    failure       text             NOT NULL DEFAULT '',
    PRIMARY KEY (watchlist_id, place)
);
-- A file is another one when its size or its time is. Rows go some time after the server has the file no more (seen_at).
CREATE TABLE list_fetches (
    watchlist_id text COLLATE "C" NOT NULL REFERENCES watchlists ON DELETE CASCADE,
    place        text             NOT NULL,
    file_name    text             NOT NULL,
    size         bigint           NOT NULL,
    written_at   bigint           NOT NULL,
    fetched_at   timestamptz      NOT NULL,
    seen_at      timestamptz      NOT NULL,
    PRIMARY KEY (watchlist_id, place, file_name, size, written_at)
);
