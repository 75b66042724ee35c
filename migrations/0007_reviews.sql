CREATE TABLE "reviews" (
	"id" uuid PRIMARY KEY NOT NULL,
	"sequence" bigint,
	"content_hash" text,
	"previous_hash" text,
	"hash" text,
	"classification_id" uuid NOT NULL,
	"label" text NOT NULL,
	"reason" text NOT NULL,
	"actor" text NOT NULL,
	"request_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_classification_id_classifications_id_fk" FOREIGN KEY ("classification_id") REFERENCES "public"."classifications"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "reviews_classification" ON "reviews" USING btree ("classification_id");--> statement-breakpoint
CREATE UNIQUE INDEX "reviews_sequence" ON "reviews" USING btree ("sequence");--> statement-breakpoint
CREATE TRIGGER "reviews_chain" BEFORE INSERT ON "reviews" FOR EACH ROW EXECUTE FUNCTION "chain_record"();
--> statement-breakpoint
CREATE TRIGGER "reviews_write_once" BEFORE UPDATE OR DELETE ON "reviews" FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
