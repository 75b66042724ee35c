CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'rows of % are written once: % is refused', TG_TABLE_NAME, TG_OP;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "artifacts_write_once" BEFORE UPDATE ON "artifacts" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "models_write_once" BEFORE UPDATE OR DELETE ON "models" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "results_write_once" BEFORE UPDATE OR DELETE ON "results" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "test_scores_write_once" BEFORE UPDATE OR DELETE ON "test_scores" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "classifications_write_once" BEFORE UPDATE OR DELETE ON "classifications" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
