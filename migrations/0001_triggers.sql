-- What drizzle-kit does not generate: storage, rows that are written once, checkpoints of runs that ended, the chain of receipts.
-- Rows of results stay short: their evaluation lies apart.
ALTER TABLE "results" SET (toast_tuple_target = 1024);
--> statement-breakpoint
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'rows of % are written once: % is refused', TG_TABLE_NAME, TG_OP;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "artifacts_write_once" BEFORE UPDATE ON "artifacts" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "artifact_chunks_write_once" BEFORE UPDATE ON "artifact_chunks" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "models_write_once" BEFORE UPDATE OR DELETE ON "models" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "training_features_write_once" BEFORE UPDATE OR DELETE ON "training_features" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "model_events_write_once" BEFORE UPDATE OR DELETE ON "model_events" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "golden_answers_write_once" BEFORE UPDATE OR DELETE ON "golden_answers" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "alias_moves_write_once" BEFORE UPDATE OR DELETE ON "alias_moves" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "results_write_once" BEFORE UPDATE OR DELETE ON "results" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "test_scores_write_once" BEFORE UPDATE OR DELETE ON "test_scores" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "run_events_write_once" BEFORE UPDATE OR DELETE ON "run_events" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "classifications_write_once" BEFORE UPDATE OR DELETE ON "classifications" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "shadow_scores_write_once" BEFORE UPDATE OR DELETE ON "shadow_scores" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "reviews_write_once" BEFORE UPDATE OR DELETE ON "reviews" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE FUNCTION "drop_checkpoint"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM "run_checkpoints" WHERE "run_id" = NEW."id";
	DELETE FROM "run_checkpoint_chunks" WHERE "run_id" = NEW."id";
	RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "training_runs_drop_checkpoint" AFTER UPDATE OF "state" ON "training_runs" FOR EACH ROW WHEN (NEW."state" IN ('SUCCEEDED', 'FAILED', 'CANCELLED')) EXECUTE FUNCTION "drop_checkpoint"();
--> statement-breakpoint
INSERT INTO "receipt_chain" ("id", "sequence", "hash") VALUES (1, 0, repeat('0', 64));
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
--> statement-breakpoint
CREATE TRIGGER "shadow_scores_chain" BEFORE INSERT ON "shadow_scores" FOR EACH ROW EXECUTE FUNCTION "chain_record"();
--> statement-breakpoint
CREATE TRIGGER "reviews_chain" BEFORE INSERT ON "reviews" FOR EACH ROW EXECUTE FUNCTION "chain_record"();
