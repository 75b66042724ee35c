ALTER TABLE "shadow_scores" ADD COLUMN "sequence" bigint;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD COLUMN "content_hash" text;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD COLUMN "previous_hash" text;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD COLUMN "hash" text;--> statement-breakpoint
CREATE UNIQUE INDEX "shadow_scores_sequence" ON "shadow_scores" USING btree ("sequence");--> statement-breakpoint
UPDATE "receipt_chain" SET "unchained_count" = "unchained_count" + (SELECT count(*) FROM "shadow_scores");
--> statement-breakpoint
CREATE TRIGGER "shadow_scores_chain" BEFORE INSERT ON "shadow_scores" FOR EACH ROW EXECUTE FUNCTION "chain_record"();
