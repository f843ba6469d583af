-- The digest belongs to an image's identity: one that its transit does not name takes no other's place, and may come first.
ALTER TABLE images DROP CONSTRAINT images_pkey;
ALTER TABLE images ADD PRIMARY KEY (captured_at, transit_id, role, sha256);
