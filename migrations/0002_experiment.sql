CREATE TABLE "run_events" (
	"run_id" uuid NOT NULL,
	"sequence" integer NOT NULL,
	"attempt" integer NOT NULL,
	"kind" text NOT NULL,
	"body" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "run_events_run_id_sequence_pk" PRIMARY KEY("run_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "sweep_parts" (
	"sweep_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"configuration" jsonb NOT NULL,
	"run_id" uuid,
	"is_reused" boolean DEFAULT false NOT NULL,
	"refusal" jsonb,
	CONSTRAINT "sweep_parts_sweep_id_number_pk" PRIMARY KEY("sweep_id","number"),
	CONSTRAINT "sweep_parts_run_or_refusal" CHECK (("sweep_parts"."run_id" is null) <> ("sweep_parts"."refusal" is null))
);
--> statement-breakpoint
CREATE TABLE "sweeps" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"dataset_id" uuid NOT NULL,
	"request" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"devices" jsonb NOT NULL,
	"concurrency" integer NOT NULL,
	"engines" jsonb NOT NULL,
	"code_version" text NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"heartbeat_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"stopped_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "duplicate_report" jsonb;--> statement-breakpoint
ALTER TABLE "models" ADD COLUMN "calibration" jsonb;--> statement-breakpoint
ALTER TABLE "results" ADD COLUMN "kind" text DEFAULT 'HOLDOUT' NOT NULL;--> statement-breakpoint
ALTER TABLE "results" ADD COLUMN "test_digest" text;--> statement-breakpoint
ALTER TABLE "test_scores" ADD COLUMN "group_key" text;--> statement-breakpoint
ALTER TABLE "training_runs" ADD COLUMN "fingerprint" text;--> statement-breakpoint
ALTER TABLE "training_runs" ADD COLUMN "worker_id" uuid;--> statement-breakpoint
ALTER TABLE "training_runs" ADD COLUMN "last_sequence" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweep_parts" ADD CONSTRAINT "sweep_parts_sweep_id_sweeps_id_fk" FOREIGN KEY ("sweep_id") REFERENCES "public"."sweeps"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweep_parts" ADD CONSTRAINT "sweep_parts_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweeps" ADD CONSTRAINT "sweeps_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sweep_parts_run" ON "sweep_parts" USING btree ("run_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sweeps_name" ON "sweeps" USING btree ("name");--> statement-breakpoint
CREATE INDEX "sweeps_created" ON "sweeps" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "workers_heartbeat" ON "workers" USING btree ("heartbeat_at");--> statement-breakpoint
CREATE INDEX "results_test" ON "results" USING btree ("test_digest");--> statement-breakpoint
CREATE INDEX "training_runs_fingerprint" ON "training_runs" USING btree ("fingerprint");--> statement-breakpoint
ALTER TABLE "results" ADD CONSTRAINT "results_kind" CHECK ("results"."kind" in ('HOLDOUT', 'CROSS_VALIDATION'));--> statement-breakpoint
CREATE TRIGGER "run_events_write_once" BEFORE UPDATE OR DELETE ON "run_events" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
