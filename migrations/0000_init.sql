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
	"model_id" uuid NOT NULL,
	"model_digest" text NOT NULL,
	"filename" text NOT NULL,
	"picture_sha256" text NOT NULL,
	"facts" jsonb NOT NULL,
	"warnings" jsonb NOT NULL,
	"label" text NOT NULL,
	"probability" double precision NOT NULL,
	"scores" jsonb NOT NULL,
	"timing" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "dataset_images" (
	"id" uuid PRIMARY KEY NOT NULL,
	"dataset_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"name" text NOT NULL,
	"sha256" text NOT NULL,
	"label" integer NOT NULL,
	"subset" text NOT NULL,
	"group_key" text NOT NULL,
	"facts" jsonb NOT NULL,
	CONSTRAINT "dataset_images_subset" CHECK ("dataset_images"."subset" in ('TRAIN', 'TEST', 'UNSPLIT'))
);
--> statement-breakpoint
CREATE TABLE "datasets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"classes" jsonb NOT NULL,
	"digest" text NOT NULL,
	"image_count" integer NOT NULL,
	"source" text NOT NULL,
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
	"head" text NOT NULL,
	"head_sha256" text NOT NULL,
	"classes" jsonb NOT NULL,
	"recipe" text NOT NULL,
	"optimizer" text NOT NULL,
	"device" text NOT NULL,
	"engine" text NOT NULL,
	"feature_engine" text NOT NULL,
	"digest" text NOT NULL,
	"configuration" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
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
	"engine" text NOT NULL,
	"dataset_name" text NOT NULL,
	"dataset_digest" text NOT NULL,
	"test_description" text NOT NULL,
	"evaluation" jsonb NOT NULL,
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
	CONSTRAINT "test_scores_result_id_position_pk" PRIMARY KEY("result_id","position")
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
	"heartbeat_at" timestamp (3) with time zone,
	"error" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "training_runs_state" CHECK ("training_runs"."state" in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
	CONSTRAINT "training_runs_stage" CHECK ("training_runs"."stage" in ('WAITING', 'DECODING', 'EXTRACTING_FEATURES', 'TRAINING_HEAD', 'EVALUATING', 'DONE'))
);
--> statement-breakpoint
ALTER TABLE "classifications" ADD CONSTRAINT "classifications_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_images" ADD CONSTRAINT "dataset_images_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_images" ADD CONSTRAINT "dataset_images_sha256_artifacts_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "epochs" ADD CONSTRAINT "epochs_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_run_id_training_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."training_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "models" ADD CONSTRAINT "models_head_sha256_artifacts_sha256_fk" FOREIGN KEY ("head_sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "results" ADD CONSTRAINT "results_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "test_scores" ADD CONSTRAINT "test_scores_result_id_results_id_fk" FOREIGN KEY ("result_id") REFERENCES "public"."results"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "classifications_model" ON "classifications" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "classifications_picture" ON "classifications" USING btree ("picture_sha256");--> statement-breakpoint
CREATE INDEX "classifications_created" ON "classifications" USING btree ("created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "dataset_images_position" ON "dataset_images" USING btree ("dataset_id","position");--> statement-breakpoint
CREATE INDEX "dataset_images_sha256" ON "dataset_images" USING btree ("sha256");--> statement-breakpoint
CREATE UNIQUE INDEX "datasets_name" ON "datasets" USING btree ("name");--> statement-breakpoint
CREATE INDEX "datasets_digest" ON "datasets" USING btree ("digest");--> statement-breakpoint
CREATE UNIQUE INDEX "models_number" ON "models" USING btree ("number");--> statement-breakpoint
CREATE UNIQUE INDEX "models_name" ON "models" USING btree ("name");--> statement-breakpoint
CREATE INDEX "models_digest" ON "models" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "models_run" ON "models" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "models_created" ON "models" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "results_model" ON "results" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "results_accuracy" ON "results" USING btree ("accuracy","id");--> statement-breakpoint
CREATE INDEX "results_rank" ON "results" USING btree ("accuracy_low" DESC NULLS FIRST,"log_loss","id");--> statement-breakpoint
CREATE INDEX "results_created" ON "results" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "training_runs_state" ON "training_runs" USING btree ("state");--> statement-breakpoint
CREATE INDEX "training_runs_dataset" ON "training_runs" USING btree ("dataset_id");--> statement-breakpoint
CREATE INDEX "training_runs_created" ON "training_runs" USING btree ("created_at","id");