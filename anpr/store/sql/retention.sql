-- name: forget_plates
DELETE FROM plates WHERE last_day < %(before)s;
