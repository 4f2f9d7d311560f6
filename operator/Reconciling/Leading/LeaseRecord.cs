using System.Globalization;
using System.Text.Json.Nodes;

namespace NetSniff.Operator.Reconciling.Leading;

/// <summary>What a Lease says.</summary>
/// <param name="Holder">Empty when it was given back.</param>
/// <param name="RenewedAt">By the holder's clock: another one each time, and nothing more is read from it.</param>
internal sealed record LeaseRecord(
    string Holder, TimeSpan Duration, string AcquiredAt, string RenewedAt, int Transitions, string Version)
{
    public static LeaseRecord Of(JsonObject lease)
    {
        var spec = lease["spec"] as JsonObject ?? [];
        return new LeaseRecord(
            spec["holderIdentity"]?.GetValue<string>() ?? "",
            TimeSpan.FromSeconds(spec["leaseDurationSeconds"]?.GetValue<int>() ?? 0),
            spec["acquireTime"]?.GetValue<string>() ?? "",
            spec["renewTime"]?.GetValue<string>() ?? "",
            spec["leaseTransitions"]?.GetValue<int>() ?? 0,
            lease["metadata"]?["resourceVersion"]?.GetValue<string>() ?? "");
    }

    /// <summary>`metav1.MicroTime` takes six digits and nothing else.</summary>
    public static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public JsonObject WriteTo(JsonObject lease)
    {
        lease["apiVersion"] = "coordination.k8s.io/v1";
        lease["kind"] = "Lease";
        lease["spec"] = new JsonObject
        {
            ["holderIdentity"] = Holder,
            ["leaseDurationSeconds"] = (int)Math.Max(1, Duration.TotalSeconds),
            ["acquireTime"] = AcquiredAt,
            ["renewTime"] = RenewedAt,
            ["leaseTransitions"] = Transitions,
        };
        return lease;
    }
}
