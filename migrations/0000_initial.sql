CREATE TABLE "alias_moves" (
	"id" uuid PRIMARY KEY NOT NULL,
	"alias" text NOT NULL,
	"sequence" integer NOT NULL,
	"from_model_id" uuid,
	"to_model_id" uuid,
	"reason" text NOT NULL,
	"actor" text NOT NULL,
	"probe" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "aliases" (
	"name" text PRIMARY KEY NOT NULL,
	"model_id" uuid,
	"sequence" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "artifact_chunks" (
	"sha256" text NOT NULL,
	"position" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "artifact_chunks_sha256_position_pk" PRIMARY KEY("sha256","position")
);
--> statement-breakpoint
CREATE TABLE "artifacts" (
	"sha256" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"bytes" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "classifications" (
	"id" uuid PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"content_hash" text NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	"actor" text DEFAULT 'anonymous' NOT NULL,
	"request_id" text,
	"client_reference" text,
	"idempotency_key" text,
	"request_fingerprint" text,
	"request_position" integer DEFAULT 0 NOT NULL,
	"recipe" text NOT NULL,
	"model_id" uuid NOT NULL,
	"model_digest" text NOT NULL,
	"filename" text NOT NULL,
	"picture_sha256" text NOT NULL,
	"facts" jsonb NOT NULL,
	"warnings" jsonb NOT NULL,
	"label" text NOT NULL,
	"probability" double precision NOT NULL,
	"scores" jsonb NOT NULL,
	"decision" text NOT NULL,
	"decision_reasons" jsonb NOT NULL,
	"decision_threshold" double precision NOT NULL,
	"novelty" jsonb,
	"nearest" jsonb,
	"seen_in_training" jsonb,
	"explanation" jsonb,
	"timing" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "dataset_pictures" (
	"id" uuid PRIMARY KEY NOT NULL,
	"dataset_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"name" text NOT NULL,
	"sha256" text NOT NULL,
	"label" integer NOT NULL,
	"subset" text NOT NULL,
	"group_key" text NOT NULL,
	"facts" jsonb NOT NULL,
	CONSTRAINT "dataset_pictures_subset" CHECK ("dataset_pictures"."subset" in ('TRAIN', 'TEST', 'UNSPLIT'))
);
--> statement-breakpoint
CREATE TABLE "datasets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"classes" jsonb NOT NULL,
	"digest" text NOT NULL,
	"picture_count" integer NOT NULL,
	"source" text NOT NULL,
	"duplicate_report" jsonb NOT NULL,
	"miniatures_sha256" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "epochs" (
	"run_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"train_loss" double precision NOT NULL,
	"train_accuracy" double precision NOT NULL,
	"validation_loss" double precision,
	"validation_accuracy" double precision,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "epochs_run_id_number_pk" PRIMARY KEY("run_id","number")
);
--> statement-breakpoint
CREATE TABLE "golden_answers" (
	"model_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"name" text NOT NULL,
	"sha256" text NOT NULL,
	"logits" jsonb NOT NULL,
	"engine" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "golden_answers_model_id_position_pk" PRIMARY KEY("model_id","position")
);
--> statement-breakpoint
CREATE TABLE "model_events" (
	"model_id" uuid NOT NULL,
	"sequence" integer NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"actor" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "model_events_model_id_sequence_pk" PRIMARY KEY("model_id","sequence"),
	CONSTRAINT "model_events_kind" CHECK ("model_events"."kind" in ('ARCHIVED', 'RESTORED'))
);
--> statement-breakpoint
CREATE TABLE "models" (
	"id" uuid PRIMARY KEY NOT NULL,
	"number" serial NOT NULL,
	"name" text NOT NULL,
	"origin" text NOT NULL,
	"run_id" uuid,
	"dataset_id" uuid,
	"architecture" text NOT NULL,
	"backbone_id" text NOT NULL,
	"backbone_sha256" text NOT NULL,
	"feature_size" integer NOT NULL,
	"tuned_sha256" text,
	"head" text NOT NULL,
	"head_sha256" text NOT NULL,
	"classes" jsonb NOT NULL,
	"recipe" text NOT NULL,
	"optimizer" text NOT NULL,
	"device" text NOT NULL,
	"engine" text NOT NULL,
	"feature_engine" text NOT NULL,
	"digest" text NOT NULL,
	"calibration" jsonb,
	"configuration" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "receipt_chain" (
	"id" integer PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "receipt_chain_single" CHECK ("receipt_chain"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "results" (
	"id" uuid PRIMARY KEY NOT NULL,
	"model_id" uuid NOT NULL,
	"model_number" integer NOT NULL,
	"model_name" text NOT NULL,
	"hardware_type" text NOT NULL,
	"pretrained_model" text NOT NULL,
	"classifier_head" text NOT NULL,
	"opt_alg" text NOT NULL,
	"training_time_mins" double precision NOT NULL,
	"inference_time_secs" double precision NOT NULL,
	"accuracy" double precision NOT NULL,
	"precision" double precision NOT NULL,
	"recall" double precision NOT NULL,
	"f1" double precision NOT NULL,
	"roc_auc" double precision,
	"roc_auc_hard" double precision,
	"accuracy_low" double precision NOT NULL,
	"accuracy_high" double precision NOT NULL,
	"log_loss" double precision NOT NULL,
	"brier" double precision NOT NULL,
	"test_count" integer NOT NULL,
	"epochs" integer NOT NULL,
	"learning_rate" double precision NOT NULL,
	"batch_size" integer NOT NULL,
	"seed" integer NOT NULL,
	"trainable" text NOT NULL,
	"engine" text NOT NULL,
	"dataset_name" text NOT NULL,
	"dataset_digest" text NOT NULL,
	"test_description" text NOT NULL,
	"kind" text NOT NULL,
	"test_digest" text NOT NULL,
	"evaluation" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "results_kind" CHECK ("results"."kind" in ('HOLDOUT', 'CROSS_VALIDATION')),
	CONSTRAINT "results_trainable" CHECK ("results"."trainable" in ('HEAD', 'STEM_AND_HEAD', 'LAST_STAGE', 'ALL'))
);
--> statement-breakpoint
CREATE TABLE "reviews" (
	"id" uuid PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"content_hash" text NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	"classification_id" uuid NOT NULL,
	"label" text NOT NULL,
	"reason" text NOT NULL,
	"actor" text NOT NULL,
	"request_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
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
CREATE TABLE "shadow_scores" (
	"id" uuid PRIMARY KEY NOT NULL,
	"sequence" bigint NOT NULL,
	"content_hash" text NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	"classification_id" uuid NOT NULL,
	"champion_id" uuid NOT NULL,
	"challenger_id" uuid NOT NULL,
	"champion_label" text NOT NULL,
	"label" text NOT NULL,
	"probability" double precision NOT NULL,
	"scores" jsonb NOT NULL,
	"is_agreed" boolean NOT NULL,
	"is_shared_pass" boolean NOT NULL,
	"engine" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
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
CREATE TABLE "test_scores" (
	"result_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"name" text NOT NULL,
	"sha256" text NOT NULL,
	"label" integer NOT NULL,
	"predicted" integer NOT NULL,
	"probabilities" jsonb NOT NULL,
	"group_key" text,
	CONSTRAINT "test_scores_result_id_position_pk" PRIMARY KEY("result_id","position")
);
--> statement-breakpoint
CREATE TABLE "training_features" (
	"model_id" uuid PRIMARY KEY NOT NULL,
	"sha256" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "training_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"dataset_id" uuid NOT NULL,
	"configuration" jsonb NOT NULL,
	"state" text NOT NULL,
	"stage" text DEFAULT 'WAITING' NOT NULL,
	"stage_progress" double precision DEFAULT 0 NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"engine" text,
	"feature_engine" text,
	"kept_epoch" integer,
	"stop_reason" text,
	"error" jsonb,
	"fingerprint" text NOT NULL,
	"worker_id" uuid,
	"last_sequence" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "training_runs_state" CHECK ("training_runs"."state" in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
	CONSTRAINT "training_runs_stop_reason" CHECK ("training_runs"."stop_reason" in ('ALL_EPOCHS', 'NO_IMPROVEMENT')),
	CONSTRAINT "training_runs_stage" CHECK ("training_runs"."stage" in ('WAITING', 'DECODING', 'EXTRACTING_FEATURES', 'TRAINING_HEAD', 'TRAINING_NETWORK', 'EVALUATING', 'DONE'))
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"devices" jsonb NOT NULL,
	"concurrency" integer NOT NULL,
	"engines" jsonb NOT NULL,
	"network_engines" jsonb NOT NULL,
	"code_version" text NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"heartbeat_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"stopped_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "alias_moves" ADD CONSTRAINT "alias_moves_alias_aliases_name_fk" FOREIGN KEY ("alias") REFERENCES "public"."aliases"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alias_moves" ADD CONSTRAINT "alias_moves_from_model_id_models_id_fk" FOREIGN KEY ("from_model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alias_moves" ADD CONSTRAINT "alias_moves_to_model_id_models_id_fk" FOREIGN KEY ("to_model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "aliases" ADD CONSTRAINT "aliases_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "artifact_chunks" ADD CONSTRAINT "artifact_chunks_sha256_artifacts_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "classifications" ADD CONSTRAINT "classifications_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_pictures" ADD CONSTRAINT "dataset_pictures_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_pictures" ADD CONSTRAINT "dataset_pictures_sha256_artifacts_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "datasets" ADD CONSTRAINT "datasets_miniatures_sha256_artifacts_sha256_fk" FOREIGN KEY ("miniatures_sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "epochs" ADD CONSTRAINT "epochs_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "golden_answers" ADD CONSTRAINT "golden_answers_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "golden_answers" ADD CONSTRAINT "golden_answers_sha256_artifacts_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_events" ADD CONSTRAINT "model_events_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_tuned_sha256_artifacts_sha256_fk" FOREIGN KEY ("tuned_sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_head_sha256_artifacts_sha256_fk" FOREIGN KEY ("head_sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "results" ADD CONSTRAINT "results_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_classification_id_classifications_id_fk" FOREIGN KEY ("classification_id") REFERENCES "public"."classifications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_checkpoint_chunks" ADD CONSTRAINT "run_checkpoint_chunks_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_checkpoints" ADD CONSTRAINT "run_checkpoints_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD CONSTRAINT "shadow_scores_classification_id_classifications_id_fk" FOREIGN KEY ("classification_id") REFERENCES "public"."classifications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD CONSTRAINT "shadow_scores_champion_id_models_id_fk" FOREIGN KEY ("champion_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD CONSTRAINT "shadow_scores_challenger_id_models_id_fk" FOREIGN KEY ("challenger_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweep_parts" ADD CONSTRAINT "sweep_parts_sweep_id_sweeps_id_fk" FOREIGN KEY ("sweep_id") REFERENCES "public"."sweeps"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweep_parts" ADD CONSTRAINT "sweep_parts_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sweeps" ADD CONSTRAINT "sweeps_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "test_scores" ADD CONSTRAINT "test_scores_result_id_results_id_fk" FOREIGN KEY ("result_id") REFERENCES "public"."results"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_features" ADD CONSTRAINT "training_features_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_features" ADD CONSTRAINT "training_features_sha256_artifacts_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "alias_moves_sequence" ON "alias_moves" USING btree ("alias","sequence");--> statement-breakpoint
CREATE INDEX "classifications_model" ON "classifications" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "classifications_picture" ON "classifications" USING btree ("picture_sha256");--> statement-breakpoint
CREATE INDEX "classifications_reference" ON "classifications" USING btree ("client_reference");--> statement-breakpoint
CREATE UNIQUE INDEX "classifications_sequence" ON "classifications" USING btree ("sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "classifications_idempotency" ON "classifications" USING btree ("idempotency_key","request_position");--> statement-breakpoint
CREATE INDEX "classifications_created" ON "classifications" USING btree ("created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "dataset_pictures_position" ON "dataset_pictures" USING btree ("dataset_id","position");--> statement-breakpoint
CREATE INDEX "dataset_pictures_sha256" ON "dataset_pictures" USING btree ("sha256");--> statement-breakpoint
CREATE UNIQUE INDEX "datasets_name" ON "datasets" USING btree ("name");--> statement-breakpoint
CREATE INDEX "datasets_digest" ON "datasets" USING btree ("digest");--> statement-breakpoint
CREATE UNIQUE INDEX "models_number" ON "models" USING btree ("number");--> statement-breakpoint
CREATE UNIQUE INDEX "models_name" ON "models" USING btree ("name");--> statement-breakpoint
CREATE INDEX "models_digest" ON "models" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "models_run" ON "models" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "models_created" ON "models" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "results_model" ON "results" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "results_test" ON "results" USING btree ("test_digest");--> statement-breakpoint
CREATE INDEX "results_accuracy" ON "results" USING btree ("accuracy","id");--> statement-breakpoint
CREATE INDEX "results_rank" ON "results" USING btree ("accuracy_low" DESC NULLS FIRST,"log_loss","id");--> statement-breakpoint
CREATE INDEX "results_created" ON "results" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "results_model_number" ON "results" USING btree ("model_number","id");--> statement-breakpoint
CREATE INDEX "results_model_name" ON "results" USING btree ("model_name","id");--> statement-breakpoint
CREATE INDEX "results_training_time" ON "results" USING btree ("training_time_mins","id");--> statement-breakpoint
CREATE INDEX "results_inference_time" ON "results" USING btree ("inference_time_secs","id");--> statement-breakpoint
CREATE INDEX "results_precision" ON "results" USING btree ("precision","id");--> statement-breakpoint
CREATE INDEX "results_f1" ON "results" USING btree ("f1","id");--> statement-breakpoint
CREATE INDEX "results_roc_auc" ON "results" USING btree ("roc_auc" DESC NULLS LAST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "results_log_loss" ON "results" USING btree ("log_loss","id");--> statement-breakpoint
CREATE INDEX "results_brier" ON "results" USING btree ("brier","id");--> statement-breakpoint
CREATE INDEX "reviews_classification" ON "reviews" USING btree ("classification_id");--> statement-breakpoint
CREATE UNIQUE INDEX "reviews_sequence" ON "reviews" USING btree ("sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "shadow_scores_pair" ON "shadow_scores" USING btree ("classification_id","challenger_id");--> statement-breakpoint
CREATE UNIQUE INDEX "shadow_scores_sequence" ON "shadow_scores" USING btree ("sequence");--> statement-breakpoint
CREATE INDEX "shadow_scores_report" ON "shadow_scores" USING btree ("champion_id","challenger_id","is_agreed","created_at","id");--> statement-breakpoint
CREATE INDEX "sweep_parts_run" ON "sweep_parts" USING btree ("run_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sweeps_name" ON "sweeps" USING btree ("name");--> statement-breakpoint
CREATE INDEX "sweeps_created" ON "sweeps" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "training_runs_state" ON "training_runs" USING btree ("state");--> statement-breakpoint
CREATE INDEX "training_runs_fingerprint" ON "training_runs" USING btree ("fingerprint");--> statement-breakpoint
CREATE INDEX "training_runs_dataset" ON "training_runs" USING btree ("dataset_id");--> statement-breakpoint
CREATE INDEX "training_runs_created" ON "training_runs" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "workers_heartbeat" ON "workers" USING btree ("heartbeat_at");