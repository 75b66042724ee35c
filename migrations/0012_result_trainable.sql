ALTER TABLE "results" ADD COLUMN "trainable" text DEFAULT 'HEAD' NOT NULL;--> statement-breakpoint
-- Results of models that have trained inside the network: rows are written once, save for this.
ALTER TABLE "results" DISABLE TRIGGER "results_write_once";--> statement-breakpoint
UPDATE "results" SET "trainable" = "models"."configuration"->'network'->>'part' FROM "models" WHERE "models"."id" = "results"."model_id" AND "models"."configuration"->'network'->>'part' IS NOT NULL;--> statement-breakpoint
ALTER TABLE "results" ENABLE TRIGGER "results_write_once";--> statement-breakpoint
ALTER TABLE "results" ADD CONSTRAINT "results_trainable" CHECK ("results"."trainable" in ('HEAD', 'STEM_AND_HEAD', 'LAST_STAGE', 'ALL'));
