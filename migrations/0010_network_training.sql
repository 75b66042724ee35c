CREATE TABLE "artifact_chunks" (
	"sha256" text NOT NULL,
	"position" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "artifact_chunks_sha256_position_pk" PRIMARY KEY("sha256","position")
);
--> statement-breakpoint
CREATE TABLE "run_checkpoint_chunks" (
	"run_id" uuid NOT NULL,
	"sha256" text NOT NULL,
	"position" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "run_checkpoint_chunks_run_id_sha256_position_pk" PRIMARY KEY("run_id","sha256","position")
);
--> statement-breakpoint
CREATE TABLE "run_checkpoints" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"sha256" text NOT NULL,
	"engine" text NOT NULL,
	"code_version" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "training_runs" DROP CONSTRAINT "training_runs_stage";--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "tuned_sha256" text;--> statement-breakpoint
ALTER TABLE "artifact_chunks" ADD CONSTRAINT "artifact_chunks_sha256_artifacts_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_checkpoint_chunks" ADD CONSTRAINT "run_checkpoint_chunks_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_checkpoints" ADD CONSTRAINT "run_checkpoints_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_tuned_sha256_artifacts_sha256_fk" FOREIGN KEY ("tuned_sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_stage" CHECK ("training_runs"."stage" in ('WAITING', 'DECODING', 'EXTRACTING_FEATURES', 'TRAINING_HEAD', 'TRAINING_NETWORK', 'EVALUATING', 'DONE'));--> statement-breakpoint
CREATE TRIGGER "artifact_chunks_write_once" BEFORE UPDATE ON "artifact_chunks" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
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
