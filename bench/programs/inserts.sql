-- A database in memory: inserts, an index, joins and updates.
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, town INTEGER, note TEXT);
CREATE TABLE town(id INTEGER PRIMARY KEY, name TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO town SELECT i, 'town ' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250000)
INSERT INTO person SELECT i, 'person ' || (i * 7919 % 100003), i % 2000 + 1, printf('%0*d', i % 60 + 1, i) FROM n;
CREATE INDEX by_name ON person(name);
UPDATE person SET note = note || name WHERE id % 3 = 0;
DELETE FROM person WHERE id % 5 = 0;
SELECT count(*), sum(length(note)) FROM person;
SELECT sum(n) FROM (SELECT town.name, count(*) AS n FROM person JOIN town ON town.id = person.town GROUP BY town.name);
SELECT length(group_concat(name)) FROM (SELECT DISTINCT name FROM person ORDER BY name DESC);
