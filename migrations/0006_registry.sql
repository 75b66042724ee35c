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
CREATE TABLE "shadow_scores" (
	"id" uuid PRIMARY KEY NOT NULL,
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
ALTER TABLE "alias_moves" ADD CONSTRAINT "alias_moves_alias_aliases_name_fk" FOREIGN KEY ("alias") REFERENCES "public"."aliases"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alias_moves" ADD CONSTRAINT "alias_moves_from_model_id_models_id_fk" FOREIGN KEY ("from_model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alias_moves" ADD CONSTRAINT "alias_moves_to_model_id_models_id_fk" FOREIGN KEY ("to_model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "aliases" ADD CONSTRAINT "aliases_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "golden_answers" ADD CONSTRAINT "golden_answers_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "golden_answers" ADD CONSTRAINT "golden_answers_sha256_artifacts_sha256_fk" FOREIGN KEY ("sha256") REFERENCES "public"."artifacts"("sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_events" ADD CONSTRAINT "model_events_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD CONSTRAINT "shadow_scores_classification_id_classifications_id_fk" FOREIGN KEY ("classification_id") REFERENCES "public"."classifications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD CONSTRAINT "shadow_scores_champion_id_models_id_fk" FOREIGN KEY ("champion_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shadow_scores" ADD CONSTRAINT "shadow_scores_challenger_id_models_id_fk" FOREIGN KEY ("challenger_id") REFERENCES "public"."models"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "alias_moves_sequence" ON "alias_moves" USING btree ("alias","sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "shadow_scores_pair" ON "shadow_scores" USING btree ("classification_id","challenger_id");--> statement-breakpoint
CREATE INDEX "shadow_scores_report" ON "shadow_scores" USING btree ("champion_id","challenger_id","is_agreed","created_at","id");--> statement-breakpoint
CREATE TRIGGER "model_events_write_once" BEFORE UPDATE OR DELETE ON "model_events" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "golden_answers_write_once" BEFORE UPDATE OR DELETE ON "golden_answers" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "alias_moves_write_once" BEFORE UPDATE OR DELETE ON "alias_moves" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "shadow_scores_write_once" BEFORE UPDATE OR DELETE ON "shadow_scores" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
