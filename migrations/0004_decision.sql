CREATE TABLE "training_features" (
	"model_id" uuid PRIMARY KEY NOT NULL,
	"sha256" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "decision" text;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "decision_reasons" jsonb;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "decision_threshold" double precision;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "novelty" jsonb;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "nearest" jsonb;--> statement-breakpoint
ALTER TABLE "classifications" ADD COLUMN "seen_in_training" jsonb;--> statement-breakpoint
ALTER TABLE "training_features" ADD CONSTRAINT "training_features_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "training_features" ADD CONSTRAINT "training_features_sha256_artifacts_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE TRIGGER "training_features_write_once" BEFORE UPDATE OR DELETE ON "training_features" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
