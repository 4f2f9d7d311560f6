using NetSniff.Kube;

namespace NetSniff.Operator.Reconciling;

/// <summary>Our own kinds, as the API calls them.</summary>
public static class OwnKinds
{
    public static ResourceKind CaptureProfiles { get; } = new("netsniff.io", "v1alpha1", "captureprofiles");

    public static ResourceKind DetectionRules { get; } = new("netsniff.io", "v1alpha1", "detectionrules");

    public static ResourceKind CaptureSessions { get; } = new("netsniff.io", "v1alpha1", "capturesessions");
}
