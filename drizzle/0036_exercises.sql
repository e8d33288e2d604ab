CREATE TABLE "exercises" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"roster_id" uuid NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"simulated" boolean NOT NULL,
	"faults" jsonb NOT NULL,
	"practice" boolean DEFAULT false NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"ended_by" uuid,
	"settled_at" timestamp with time zone,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "exercises_window" CHECK (ends_at > starts_at and ends_at <= starts_at + interval '168 hours'),
	CONSTRAINT "exercises_settled" CHECK (settled_at is null or ended_at is not null),
	CONSTRAINT "exercises_ended" CHECK (ended_by is null or ended_at is not null)
);
--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "exercise_id" uuid;--> statement-breakpoint
ALTER TABLE "carriers" ADD COLUMN "use" text DEFAULT 'both' NOT NULL;--> statement-breakpoint
ALTER TABLE "carriers" ADD COLUMN "exercise_id" uuid;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "simulated" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "simulated" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "exercise_id" uuid;--> statement-breakpoint
ALTER TABLE "exercises" ADD CONSTRAINT "exercises_created_by_operators_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exercises" ADD CONSTRAINT "exercises_ended_by_operators_id_fk" FOREIGN KEY ("ended_by") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "exercises_unsettled" ON "exercises" USING btree ("ends_at") WHERE settled_at is null;--> statement-breakpoint
CREATE INDEX "exercises_roster" ON "exercises" USING btree ("roster_id");--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_exercise_id_exercises_id_fk" FOREIGN KEY ("exercise_id") REFERENCES "public"."exercises"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "carriers" ADD CONSTRAINT "carriers_exercise_id_exercises_id_fk" FOREIGN KEY ("exercise_id") REFERENCES "public"."exercises"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_exercise_id_exercises_id_fk" FOREIGN KEY ("exercise_id") REFERENCES "public"."exercises"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alerts_exercise" ON "alerts" USING btree ("exercise_id","created_at") WHERE exercise_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "carriers_exercise" ON "carriers" USING btree ("exercise_id");--> statement-breakpoint
CREATE INDEX "contacts_simulated" ON "contacts" USING btree ("id") WHERE simulated;--> statement-breakpoint
CREATE INDEX "groups_simulated" ON "groups" USING btree ("id") WHERE simulated;--> statement-breakpoint
CREATE INDEX "sessions_exercise" ON "sessions" USING btree ("exercise_id") WHERE revoked_at is null and exercise_id is not null;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_exercise_mode" CHECK (exercise_id is null or mode = 'exercise');--> statement-breakpoint
ALTER TABLE "carriers" ADD CONSTRAINT "carriers_use" CHECK (use in ('live', 'exercise', 'both'));--> statement-breakpoint
ALTER TABLE "carriers" ADD CONSTRAINT "carriers_simulated" CHECK ((protocol = 'simulated') = (exercise_id is not null));--> statement-breakpoint
ALTER TABLE "groups" ADD CONSTRAINT "groups_simulated" CHECK (not simulated or num_nonnulls(area, rule, expression) = 0);--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_exercise_mode" CHECK (exercise_id is null or mode = 'exercise');--> statement-breakpoint
-- Made-up phones stay apart from people, whoever writes: no place, so that no area finds them, and no group that
-- a live alert may name. Once a statement, for an import writes thousands of rows with each.
CREATE FUNCTION refuse_simulated_place() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	if exists (
		select from contacts c
		where c.simulated and exists (select from written w where w.contact_id = c.id)
	) then
		raise exception 'a simulated contact has no location' using errcode = 'check_violation';
	end if;
	return null;
end $$;
--> statement-breakpoint
CREATE TRIGGER locations_insert_simulated AFTER INSERT ON locations REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_simulated_place();
--> statement-breakpoint
CREATE TRIGGER locations_update_simulated AFTER UPDATE ON locations REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_simulated_place();
--> statement-breakpoint
CREATE FUNCTION refuse_simulated_mixture() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	if exists (
		select from contacts c
		where c.simulated and exists (
			select from written w join groups g on g.id = w.group_id
			where w.contact_id = c.id and not g.simulated)
	) or exists (
		select from groups g
		where g.simulated and exists (
			select from written w join contacts c on c.id = w.contact_id
			where w.group_id = g.id and not c.simulated)
	) then
		raise exception 'simulated contacts and people are in no group together' using errcode = 'check_violation';
	end if;
	return null;
end $$;
--> statement-breakpoint
CREATE TRIGGER group_members_insert_simulated AFTER INSERT ON group_members REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_simulated_mixture();
--> statement-breakpoint
CREATE TRIGGER group_members_update_simulated AFTER UPDATE ON group_members REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_simulated_mixture();
--> statement-breakpoint
CREATE FUNCTION refuse_simulated_change() RETURNS trigger LANGUAGE plpgsql AS $$
begin
	raise exception 'what is simulated stays so, and nothing else becomes it' using errcode = 'check_violation';
end $$;
--> statement-breakpoint
CREATE TRIGGER contacts_simulated_fixed BEFORE UPDATE OF simulated ON contacts FOR EACH ROW WHEN (old.simulated is distinct from new.simulated) EXECUTE FUNCTION refuse_simulated_change();
--> statement-breakpoint
CREATE TRIGGER groups_simulated_fixed BEFORE UPDATE OF simulated ON groups FOR EACH ROW WHEN (old.simulated is distinct from new.simulated) EXECUTE FUNCTION refuse_simulated_change();
