using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetSniff.Tests.Detection.Rules;
using NetSniff.Tests.Worker;

namespace NetSniff.Tests.Simulation;

/// <summary>Real processes over a loopback, killed at any instruction: what was in the spool is in the store, once.
/// </summary>
public class KilledProcessTests
{
    private const ulong Ids = 100_000;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    [Fact]
    public void A_worker_that_is_killed_again_and_again_loses_and_doubles_nothing()
    {
        using var folder = new TemporaryFolder();
        using var run = new DeliveryRun(folder.Path);
        run.StartWorker("w-0");
        run.StartSensor(1, Ids);
        for (var round = 1ul; round <= 4; round++)
        {
            run.WaitForSpooled(round * Ids / 5);
            run.Kill("w-0");
            run.StartWorker("w-0");
        }

        run.WaitForDone();
        run.End("w-0");
        Assert.Equal(All(Ids), DeliveryRun.StoredIds(folder.Path, "w-0"));
    }

    [Fact]
    public void What_rules_find_is_stored_once_though_the_worker_is_killed_again_and_again()
    {
        using var folder = new TemporaryFolder();
        var found = Enumerable.Range(1, 100).Select(static number => (ulong)number * 997).ToList();
        File.WriteAllText(folder["rule.yaml"], RuleBench.Rule($"""
            condition: flow.id in ({string.Join(", ", found)})
            detector: {"{"}type: Match{"}"}
            dedupe: {"{"}maxAlertsPerMinute: 10000{"}"}
            """));
        using var run = new DeliveryRun(folder.Path) { Rules = folder["rule.yaml"] };
        run.StartWorker("w-0");
        run.StartSensor(1, Ids);
        for (var round = 1ul; round <= 4; round++)
        {
            run.WaitForSpooled(round * Ids / 5);
            run.Kill("w-0");
            run.StartWorker("w-0");
        }

        run.WaitForDone();
        run.End("w-0");
        // A finding has the number of the flow that it is about.
        Assert.Equal([.. All(Ids).Concat(found).Order()], DeliveryRun.StoredIds(folder.Path, "w-0"));
    }

    [Fact]
    public void A_sensor_that_is_killed_again_and_again_loses_and_doubles_nothing_it_had_spooled()
    {
        using var folder = new TemporaryFolder();
        using var run = new DeliveryRun(folder.Path);
        run.StartWorker("w-0");
        run.StartWorker("w-1");
        var last = 0ul;
        var lost = 0;
        for (var round = 1ul; round <= 4; round++)
        {
            run.StartSensor(last + 1, Ids);
            last = run.WaitForSpooled(round * Ids / 5);
            last = Math.Max(last, run.KillSensor());
            // What was being made when it was killed had not been spooled, or not whole: made anew under other names.
            last += 10_000;
            lost++;
        }

        run.StartSensor(last + 1, last + 5_000);
        run.WaitForDone();
        run.End("w-0");
        run.End("w-1");
        var stored = DeliveryRun.StoredIds(folder.Path, "w-0", "w-1");
        Assert.Equal(stored.Distinct().Count(), stored.Count);
        Assert.Empty(run.Spooled.Except(stored));
        Assert.Equal(4, lost);
    }

    private static List<ulong> All(ulong count) => [.. Enumerable.Range(1, (int)count).Select(id => (ulong)id)];

    /// <summary>The processes of one test.</summary>
    private sealed class DeliveryRun(string folder) : IDisposable
    {
        private readonly Dictionary<string, Process> _workers = [];
        private readonly Dictionary<string, int> _ports = [];
        private readonly long _began = Stopwatch.GetTimestamp();
        private Process? _sensor;
        private ulong _first;
        private ulong _last;

        /// <summary>Every id that a sensor said was in its spool.</summary>
        public HashSet<ulong> Spooled { get; } = [];

        private string Members => Path.Combine(folder, "members");

        /// <summary>A file of them; null for none.</summary>
        public string? Rules { get; init; }

        public static List<ulong> StoredIds(string folder, params string[] workers) => [.. workers.SelectMany(worker =>
        {
            using var store = new FixtureStore(Path.Combine(folder, worker, "store"));
            return store.Ids;
        }).Order()];

        public void StartWorker(string name)
        {
            if (!_ports.TryGetValue(name, out var port)) port = _ports[name] = FreePort();
            File.WriteAllLines(Members + ".new", _ports.Select(entry => $"{entry.Key}=127.0.0.1:{entry.Value}"));
            File.Move(Members + ".new", Members, overwrite: true);
            string[] arguments = [Path.Combine(folder, name), name, $"127.0.0.1:{port}"];
            var process = ChildProcess.Start("worker", Rules is null ? arguments : [.. arguments, Rules]);
            _workers[name] = process;
            Assert.StartsWith("at ", process.StandardOutput.ReadLine(), StringComparison.Ordinal);
        }

        public void Kill(string name) => Kill(_workers[name]);

        public void End(string name)
        {
            _workers[name].StandardInput.Close();
            Assert.True(_workers[name].WaitForExit(s_limit));
            Assert.Equal(0, _workers[name].ExitCode);
        }

        public void StartSensor(ulong first, ulong last)
        {
            (_first, _last) = (first, first - 1);
            _sensor = ChildProcess.Start("sensor", Path.Combine(folder, "spool"), Members,
                first.ToString(CultureInfo.InvariantCulture), last.ToString(CultureInfo.InvariantCulture));
        }

        public ulong WaitForSpooled(ulong id)
        {
            while (_last < id) Assert.True(TryHear(), "the sensor ended");
            return _last;
        }

        public void WaitForDone()
        {
            while (TryHear())
            {
            }

            Assert.True(_sensor!.WaitForExit(s_limit));
            Assert.Equal(0, _sensor.ExitCode);
        }

        /// <returns>The last id it said was in the spool.</returns>
        public ulong KillSensor()
        {
            Kill(_sensor!);
            while (TryHear())
            {
            }

            return _last;
        }

        public void Dispose()
        {
            foreach (var process in _workers.Values.Append(_sensor).OfType<Process>())
            {
                if (!process.HasExited) Kill(process);
                process.Dispose();
            }
        }

        private bool TryHear()
        {
            Assert.True(Stopwatch.GetElapsedTime(_began) < s_limit, "it takes too long");
            var line = _sensor!.StandardOutput.ReadLine()?.Split(' ');
            if (line is not ["spooled", var id]) return false;

            _last = ulong.Parse(id, CultureInfo.InvariantCulture);
            for (; _first <= _last; _first++) Spooled.Add(_first);
            return true;
        }

        private static void Kill(Process process)
        {
            process.Kill();
            process.WaitForExit();
        }

        private static int FreePort()
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            return ((IPEndPoint)probe.LocalEndpoint).Port;
        }
    }
}
