using static NetSniff.Wire.Health.MetricKind;

namespace NetSniff.Wire.Health;

/// <summary>Every metric there is. Adding one is adding its line; the table of docs/operating.md is read off it.
/// </summary>
public static class Metrics
{
    private static readonly List<MetricFamily> s_all = [];

    public static IReadOnlyList<MetricFamily> All => s_all;

    // Any program.
    public static readonly MetricFamily BuildInfo = Add(
        "netsniff_build_info", Gauge, "1, with the version that runs.", "program", "version");

    public static readonly MetricFamily SensorReady = Add(
        "netsniff_sensor_ready", Gauge, "1 while every condition of the sensor holds.");

    public static readonly MetricFamily WorkerReady = Add(
        "netsniff_worker_ready", Gauge, "1 while every condition of the worker holds.");

    public static readonly MetricFamily ConditionHolds = Add(
        "netsniff_condition", Gauge, "1 while the condition holds; /readyz says why not.", "condition");

    public static readonly MetricFamily LoopAge = Add(
        "netsniff_loop_age_seconds", Gauge, "Time since the loop last went round.", "loop");

    public static readonly MetricFamily Ledger = Add(
        "netsniff_ledger_total", Counter,
        "The loss ledger: what each stage took in, passed on or lost. What is counted is in what.",
        "stage", "what", "loss");

    public static readonly MetricFamily ConfigRevision = Add(
        "netsniff_config_revision_info", Gauge, "1, with the revision of the configuration that is in force.",
        "revision");

    public static readonly MetricFamily ConfigRejected = Add(
        "netsniff_config_rejected_total", Counter,
        "Configurations that were refused; the last good one went on.");

    public static readonly MetricFamily SeriesOverflow = Add(
        "netsniff_series_overflow_total", Counter,
        "Samples left out of a scrape because their metric had too many label sets.");

    // Capture.
    public static readonly MetricFamily PacketsReceived = Add(
        "netsniff_packets_received_total", Counter, "Packets taken from the interfaces.");

    public static readonly MetricFamily PacketsFiltered = Add(
        "netsniff_packets_filtered_total", Counter, "Packets left out because the capture filter asks for that.");

    public static readonly MetricFamily PacketsDropped = Add(
        "netsniff_packets_dropped_total", Counter,
        "Packets lost, by where (nic, ring, queue, parser) and why.", "stage", "reason");

    public static readonly MetricFamily CaptureBytes = Add(
        "netsniff_capture_bytes_total", Counter, "Bytes of the packets taken, as long as they were on the wire.");

    public static readonly MetricFamily RingFull = Add(
        "netsniff_ring_full_total", Counter, "Times the kernel found the packet ring full.");

    // The rolling store of raw packets.
    public static readonly MetricFamily KeptPackets = Add(
        "netsniff_packet_buffer_packets_total", Counter,
        "Packets of the rolling store: kept, of these without_payload; left_out, overwritten by newer ones, aged, "
        + "dropped for want of room on disk.", "what");

    public static readonly MetricFamily KeptWritten = Add(
        "netsniff_packet_buffer_written_bytes_total", Counter, "Bytes of packets written to the rolling store.");

    public static readonly MetricFamily KeptBytes = Add(
        "netsniff_packet_buffer_bytes", Gauge, "Bytes of the rolling store on disk.");

    public static readonly MetricFamily KeptSpan = Add(
        "netsniff_packet_buffer_span_seconds", Gauge, "Age of the oldest packet in the rolling store.");

    // Packets given out.
    public static readonly MetricFamily PacketRequests = Add(
        "netsniff_packet_requests_total", Counter,
        "Requests for raw packets, by how they ended: done, cut, partial, cancelled, refused, failed.", "outcome");

    public static readonly MetricFamily PacketsGiven = Add(
        "netsniff_packet_answers_packets_total", Counter, "Raw packets given to whoever asked.");

    public static readonly MetricFamily PacketBytesGiven = Add(
        "netsniff_packet_answers_bytes_total", Counter, "Bytes of capture files given to whoever asked.");

    public static readonly MetricFamily TasksRunning = Add(
        "netsniff_tasks_running", Gauge, "Tasks that sensors and other workers do for this worker now.");

    // The engine.
    public static readonly MetricFamily FlowsActive = Add(
        "netsniff_flows_active", Gauge, "Flows in the flow tables.");

    public static readonly MetricFamily Flows = Add(
        "netsniff_flows_total", Counter, "Flows begun.");

    public static readonly MetricFamily StreamHeldBytes = Add(
        "netsniff_stream_held_bytes", Gauge, "Payload held because it came early or its message is not whole.");

    public static readonly MetricFamily Records = Add(
        "netsniff_records_total", Counter, "Records made of what was captured.");

    public static readonly MetricFamily DissectDuration = Add(
        "netsniff_dissect_duration_seconds", MetricKind.Histogram,
        "Time to work through one batch of packets, from decoding to records.");

    // The governor.
    public static readonly MetricFamily GovernorRung = Add(
        "netsniff_governor_rung", Gauge, "1 for the rung of the ladder the sensor stands on.", "rung");

    public static readonly MetricFamily GovernorSteps = Add(
        "netsniff_governor_steps_total", Counter, "Steps on the ladder, by which way and what for.", "direction",
        "resource");

    public static readonly MetricFamily GovernorLoad = Add(
        "netsniff_governor_load_ratio", Gauge, "Use by budget of what is nearest to its own; above 1 it steps down.");

    public static readonly MetricFamily MemoryLimit = Add(
        "netsniff_memory_limit_bytes", Gauge, "Memory the program may use, by its budget or its control group.");

    public static readonly MetricFamily CpuLimit = Add(
        "netsniff_cpu_limit_cores", Gauge, "CPUs the program may use, by its budget or its control group.");

    // What waits, wherever it does.
    public static readonly MetricFamily QueueBytes = Add(
        "netsniff_queue_bytes", Gauge, "Bytes that wait in a queue, on disk or in memory.", "queue");

    public static readonly MetricFamily QueueRecords = Add(
        "netsniff_queue_records", Gauge, "Records that wait in a queue.", "queue");

    public static readonly MetricFamily QueueAge = Add(
        "netsniff_queue_age_seconds", Gauge, "Age of the oldest that waits in a queue.", "queue");

    public static readonly MetricFamily QueueAppendDuration = Add(
        "netsniff_queue_append_duration_seconds", MetricKind.Histogram, "Time to append to a queue on disk.", "queue");

    // Detection.
    public static readonly MetricFamily Rules = Add(
        "netsniff_rules", Gauge, "Rules in force, with the revision of their files.", "revision");

    public static readonly MetricFamily RulesRejected = Add(
        "netsniff_rules_rejected_total", Counter, "Sets of rules that were refused; the last good one went on.");

    public static readonly MetricFamily RuleFindings = Add(
        "netsniff_rule_findings_total", Counter, "Findings of a rule.", "rule", "severity", "mode");

    public static readonly MetricFamily RuleHidden = Add(
        "netsniff_rule_hidden_total", Counter,
        "What a rule did not tell, and why: an exception by name, repeat, rate; late: records that did not count.",
        "rule", "reason");

    public static readonly MetricFamily RuleEvaluations = Add(
        "netsniff_rule_evaluations_total", Counter, "Records that were shown to a rule.", "rule");

    public static readonly MetricFamily RuleCost = Add(
        "netsniff_rule_evaluation_seconds", Gauge, "Mean time a rule takes for a record, of one record in 256.",
        "rule");

    public static readonly MetricFamily RuleAtLimit = Add(
        "netsniff_rule_at_limit", Gauge, "1 for a rule that forgot groups because there were too many.", "rule");

    public static readonly MetricFamily RuleStateBytes = Add(
        "netsniff_rule_state_bytes", Gauge, "Memory of what rules remember.");

    // The store.
    public static readonly MetricFamily StoreRecords = Add(
        "netsniff_store_records", Gauge, "Records in the store.");

    public static readonly MetricFamily StoreBytes = Add(
        "netsniff_store_bytes", Gauge, "Bytes of the store on disk.");

    public static readonly MetricFamily StoreExpired = Add(
        "netsniff_store_expired_records_total", Counter, "Records dropped because they were too old or too many.");

    public static readonly MetricFamily StoreRetracted = Add(
        "netsniff_store_retracted_records_total", Counter,
        "Records taken back because another worker has them as well.");

    public static readonly MetricFamily StoreSpan = Add(
        "netsniff_store_span_seconds", Gauge, "From the oldest record in the store to the newest.");

    public static readonly MetricFamily StoreLag = Add(
        "netsniff_store_lag_seconds", Gauge, "Age of the newest record in the store.");

    // The operator.
    public static readonly MetricFamily Leader = Add(
        "netsniff_leader", Gauge, "1 for the replica of the operator that leads.");

    public static readonly MetricFamily Reconciled = Add(
        "netsniff_reconcile_total", Counter, "Objects that were looked at, and how that ended.",
        "controller", "result");

    public static readonly MetricFamily ReconcileBusy = Add(
        "netsniff_reconcile_busy_seconds_total", Counter, "Time spent looking at objects.", "controller");

    public static readonly MetricFamily ReconcileWaiting = Add(
        "netsniff_reconcile_waiting", Gauge, "Objects that are to be looked at, now or at their time.", "controller");

    public static readonly MetricFamily ClusterWrites = Add(
        "netsniff_cluster_writes_total", Counter, "Requests that changed something in the cluster, by what.", "kind");

    // What is watched at a cluster's API server.
    public static readonly MetricFamily WatchObjects = Add(
        "netsniff_watch_objects", Gauge, "Objects known of what is watched.", "resource");

    public static readonly MetricFamily WatchAge = Add(
        "netsniff_watch_age_seconds", Gauge, "Time since the API server last said something of them.", "resource");

    public static readonly MetricFamily WatchNotices = Add(
        "netsniff_watch_notices_total", Counter, "Objects that came, changed or went, as the API server told.",
        "resource");

    public static readonly MetricFamily WatchLists = Add(
        "netsniff_watch_lists_total", Counter,
        "Lists taken whole: the first, and each time the thread was lost.", "resource");

    public static readonly MetricFamily WatchRefused = Add(
        "netsniff_watch_refused_total", Counter, "Objects left out because there are too many.", "resource");

    public static readonly MetricFamily WatchFailures = Add(
        "netsniff_watch_failures_total", Counter, "Questions to the API server that came to nothing, and why.",
        "resource", "reason");

    // The process.
    public static readonly MetricFamily ProcessCpu = Add(
        "process_cpu_seconds_total", Counter, "CPU time used, user and system.");

    public static readonly MetricFamily ProcessMemory = Add(
        "process_resident_memory_bytes", Gauge, "Memory in use, mapped files among it.");

    public static readonly MetricFamily ProcessStart = Add(
        "process_start_time_seconds", Gauge, "When the process began, since 1970 UTC.");

    public static readonly MetricFamily ProcessThreads = Add(
        "process_threads", Gauge, "Threads of the operating system.");

    public static readonly MetricFamily ProcessFiles = Add(
        "process_open_fds", Gauge, "File descriptors in use.");

    public static readonly MetricFamily GcCollections = Add(
        "dotnet_gc_collections_total", Counter, "Garbage collections.", "generation");

    public static readonly MetricFamily GcPause = Add(
        "dotnet_gc_pause_seconds_total", Counter, "Time that threads stood still for the garbage collector.");

    public static readonly MetricFamily GcHeap = Add(
        "dotnet_gc_heap_bytes", Gauge, "Bytes of the managed heap in use.");

    public static readonly MetricFamily GcAllocated = Add(
        "dotnet_gc_allocated_bytes_total", Counter, "Bytes allocated on the managed heap.");

    public static readonly MetricFamily PoolThreads = Add(
        "dotnet_thread_pool_threads", Gauge, "Threads of the pool.");

    public static readonly MetricFamily PoolQueue = Add(
        "dotnet_thread_pool_queued_items", Gauge, "Work items that wait for a thread of the pool.");

    public static readonly MetricFamily Contentions = Add(
        "dotnet_lock_contentions_total", Counter, "Times a thread had to wait for a lock.");

    private static MetricFamily Add(string name, MetricKind kind, string help, params string[] labels)
    {
        var family = new MetricFamily(name, kind, help, labels);
        s_all.Add(family);
        return family;
    }
}
