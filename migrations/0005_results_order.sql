CREATE INDEX "results_model_number" ON "results" USING btree ("model_number","id");--> statement-breakpoint
CREATE INDEX "results_model_name" ON "results" USING btree ("model_name","id");--> statement-breakpoint
CREATE INDEX "results_training_time" ON "results" USING btree ("training_time_mins","id");--> statement-breakpoint
CREATE INDEX "results_inference_time" ON "results" USING btree ("inference_time_secs","id");--> statement-breakpoint
CREATE INDEX "results_precision" ON "results" USING btree ("precision","id");--> statement-breakpoint
CREATE INDEX "results_f1" ON "results" USING btree ("f1","id");--> statement-breakpoint
CREATE INDEX "results_roc_auc" ON "results" USING btree ("roc_auc" DESC NULLS LAST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "results_log_loss" ON "results" USING btree ("log_loss","id");--> statement-breakpoint
CREATE INDEX "results_brier" ON "results" USING btree ("brier","id");--> statement-breakpoint
ALTER TABLE "results" SET (toast_tuple_target = 1024);
