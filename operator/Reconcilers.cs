using NetSniff.Operator.CaptureProfiles;
using NetSniff.Operator.CaptureSessions;
using NetSniff.Operator.Certificates;
using NetSniff.Operator.Defaults;
using NetSniff.Operator.DetectionRules;
using NetSniff.Operator.Reconciling;
using NetSniff.Operator.Sensors;
using NetSniff.Operator.Workers;

namespace NetSniff.Operator;

/// <summary>Every reconciler there is.</summary>
public static class Reconcilers
{
    public static IReadOnlyList<IReconciler> All(OperatorParts parts) =>
    [
        new CertificatesReconciler(parts),
        new CaptureProfileReconciler(parts),
        new SensorsReconciler(parts),
        new DetectionRuleReconciler(parts),
        new CaptureSessionReconciler(parts),
        new WorkersReconciler(parts),
        new DefaultsReconciler(parts),
    ];
}
