"""What is assumed of people before any answer: numbers learned from people, none of whom is in here.

Made by `python -m tests.studies.population_prior`, whose docstring says how, from the thresholds of OHHR (Jafri et al.
2025, Scientific Data; CC BY 4.0) and NHANES 1999-2016 (US CDC/NCHS; public domain) and the category boundaries of qCLS
(Shen et al. 2024, JASA 156:262; Rasetshwane et al. 2015, JASA 137:1899). Not norms: a wide assumption that a few dozen
answers outweigh. Correlations are the rows below the diagonal.
"""

# In dB, at the audiometric frequencies.
THRESHOLD_MEAN_DB_HL = (15.5, 15.5, 17.9, 19.5, 18.9, 21.6, 25.6, 30.4, 34.8, 40.6, 42.9)
THRESHOLD_SD_DB = (25.3, 28.0, 29.2, 29.1, 28.9, 28.6, 31.2, 34.3, 37.5, 39.0, 44.0)
THRESHOLD_CORRELATION: tuple[tuple[float, ...], ...] = (
    (),
    (0.957,),
    (0.852, 0.935),
    (0.771, 0.841, 0.949),
    (0.726, 0.786, 0.891, 0.966),
    (0.623, 0.669, 0.776, 0.871, 0.928),
    (0.574, 0.619, 0.713, 0.798, 0.855, 0.944),
    (0.522, 0.554, 0.633, 0.704, 0.750, 0.830, 0.905),
    (0.492, 0.514, 0.581, 0.646, 0.683, 0.767, 0.848, 0.947),
    (0.520, 0.550, 0.620, 0.671, 0.704, 0.761, 0.828, 0.898, 0.917),
    (0.519, 0.550, 0.622, 0.678, 0.716, 0.765, 0.825, 0.875, 0.885, 0.930),
)

# Logits of the share of a loss that is loss of compression, at the audiometric frequencies.
SHARE_LOGIT_MEAN = (1.29, 1.29, 0.94, 0.87, 0.77, 0.77, 0.79, 1.10, 1.20, 1.32, 1.17)
SHARE_LOGIT_COMMON_SD = 0.47
SHARE_LOGIT_SMOOTH_SD = 0.83
SHARE_LOGIT_SMOOTHNESS_OCTAVES = 3.0
SHARE_LOGIT_INDEPENDENT_SD = 0.28

# In categorical units, about those of a normal ear's listener.
BOUNDARY_SD_CU = (0.7, 1.4, 2.2, 3.3, 4.2, 4.7, 6.4, 7.9, 8.8, 8.8)
BOUNDARY_CORRELATION: tuple[tuple[float, ...], ...] = (
    (),
    (0.312,),
    (0.020, 0.683),
    (-0.137, 0.476, 0.913),
    (-0.245, 0.155, 0.734, 0.901),
    (-0.301, -0.032, 0.582, 0.796, 0.962),
    (-0.309, -0.162, 0.457, 0.695, 0.917, 0.977),
    (-0.302, -0.231, 0.382, 0.630, 0.880, 0.958, 0.990),
    (-0.298, -0.314, 0.287, 0.545, 0.827, 0.925, 0.974, 0.989),
    (-0.283, -0.379, 0.200, 0.462, 0.769, 0.885, 0.948, 0.973, 0.990),
)
