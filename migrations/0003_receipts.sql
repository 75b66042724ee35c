CREATE TABLE "receipt_chain" (
	"id" integer PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"hash" text NOT NULL,
	"unchained_count" bigint NOT NULL,
	CONSTRAINT "receipt_chain_single" CHECK ("receipt_chain"."id" = 1)
);
--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "sequence" bigint;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "content_hash" text;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "previous_hash" text;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "hash" text;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "actor" text DEFAULT 'anonymous' NOT NULL;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "request_id" text;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "client_reference" text;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "request_fingerprint" text;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "request_position" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "recipe" text;--> statement-breakpoint
CREATE INDEX "classifications_reference" ON "classifications" USING btree ("client_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "classifications_sequence" ON "classifications" USING btree ("sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "classifications_idempotency" ON "classifications" USING btree ("idempotency_key","request_position");--> statement-breakpoint
INSERT INTO "receipt_chain" ("id", "sequence", "hash", "unchained_count") SELECT 1, 0, repeat('0', 64), count(*) FROM "classifications";
--> statement-breakpoint
CREATE FUNCTION "chain_record"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	head "receipt_chain"%ROWTYPE;
BEGIN
	IF NEW."content_hash" IS NULL THEN
		RAISE EXCEPTION 'a row of % has no hash of its content', TG_TABLE_NAME;
	END IF;
	SELECT * INTO STRICT head FROM "receipt_chain" FOR UPDATE;
	NEW."sequence" := head."sequence" + 1;
	NEW."previous_hash" := head."hash";
	NEW."hash" := encode(sha256(convert_to(concat_ws(E'\n', 'gelql-receipt/1', TG_TABLE_NAME, NEW."sequence", NEW."previous_hash", NEW."content_hash", (extract(epoch from NEW."created_at") * 1000)::bigint), 'UTF8')), 'hex');
	UPDATE "receipt_chain" SET "sequence" = NEW."sequence", "hash" = NEW."hash";
	RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "classifications_chain" BEFORE INSERT ON "classifications" FOR EACH ROW EXECUTE FUNCTION "chain_record"();
